//! The contract depot.v1 in Rust, on the stock library: a client that runs the cases of the matrix.
//! Prints "RESULT <case> pass" or "RESULT <case> fail <why>" for each case.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use fairlead_interop_peers::depot::v1::depot_client::DepotClient;
use fairlead_interop_peers::depot::v1::*;
use fairlead_interop_peers::{LARGEST, pattern, sum};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::StatusExt;

const CEILING: Duration = Duration::from_secs(60);
/// A sender may round a timeout up in its header.
const ROUNDING: Duration = Duration::from_secs(2);
const MESSAGE: &str = "7 % of \t the shelf: größer als 世界";
const TEXTS: [&str; 3] = ["first one", "second, with a comma", "~!@#$%^&*()"];

type Client = DepotClient<Channel>;
type Verdict = Result<(), Box<dyn std::error::Error>>;

struct Args {
    target: String,
    packed: String,
    next: String,
}

async fn dial(target: &str) -> Result<Client, tonic::transport::Error> {
    Ok(DepotClient::connect(format!("http://{target}")).await?.max_decoding_message_size(LARGEST))
}

fn within<T>(message: T, limit: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

fn expect<T: PartialEq + Debug>(what: &str, got: T, wanted: T) -> Verdict {
    if got == wanted { Ok(()) } else { Err(format!("{what} is {got:?}, not {wanted:?}").into()) }
}

fn new_id(what: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("rust-{what}-{}", now.as_nanos())
}

fn fails<T>(result: Result<T, Status>) -> Result<Status, String> {
    result.err().ok_or("the call did not fail".to_owned())
}

/// All that a stream brings, and how it ends.
async fn collect(stream: &mut Streaming<Item>) -> (Vec<i64>, Option<Status>) {
    let mut items = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(item)) => items.push(item.number),
            Ok(None) => return (items, None),
            Err(status) => return (items, Some(status)),
        }
    }
}

async fn unary(mut client: Client) -> Verdict {
    let text = "Grüße, 世界".to_owned();
    let request = StoreRequest { text: text.clone(), ..Default::default() };
    expect("text", client.store(within(request, CEILING)).await?.into_inner().text, text)
}

async fn server_streaming(mut client: Client) -> Verdict {
    let request = ListRequest { count: 1000, failure: None };
    let (items, status) = collect(client.list(within(request, CEILING)).await?.get_mut()).await;
    expect("the items", items, (0..1000).collect())?;
    expect("the end", status.map(|s| s.code()), None)
}

async fn deliver(client: &mut Client, count: i64) -> Result<Summary, Status> {
    let items = tokio_stream::iter((0..count).map(|number| Item { number }));
    Ok(client.deliver(within(items, CEILING)).await?.into_inner())
}

async fn client_streaming(mut client: Client) -> Verdict {
    expect("summary", deliver(&mut client, 1000).await?, Summary { count: 1000, total: 499500 })
}

async fn bidi_streaming(mut client: Client) -> Verdict {
    let (requests, received) = mpsc::channel(1);
    let call = client.exchange(within(ReceiverStream::new(received), CEILING));
    // The server may answer no header before it has a message.
    requests.send(Item { number: 0 }).await?;
    let mut answers = call.await?.into_inner();
    for number in 0..100 {
        expect("answer", answers.message().await?, Some(Item { number: 2 * number }))?;
        if number < 99 {
            requests.send(Item { number: number + 1 }).await?;
        }
    }
    drop(requests);
    expect("what is left", answers.message().await?, None)
}

async fn empty_streams(mut client: Client) -> Verdict {
    let list = client.list(within(ListRequest::default(), CEILING)).await?;
    expect("the list", collect(&mut list.into_inner()).await.0, vec![])?;
    expect("the count", deliver(&mut client, 0).await?.count, 0)?;
    let exchange = client.exchange(within(tokio_stream::empty(), CEILING)).await?;
    let (items, status) = collect(&mut exchange.into_inner()).await;
    expect("the answers", items, vec![])?;
    expect("the end", status.map(|s| s.code()), None)
}

fn bins() -> Vec<Vec<u8>> {
    vec![(0..=255).collect(), vec![0], vec![255, 254, 253]]
}

fn texts_of(metadata: &MetadataMap) -> Vec<String> {
    metadata.get_all("depot-text").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

fn bins_of(metadata: &MetadataMap) -> Vec<Vec<u8>> {
    metadata.get_all_bin("depot-trace-bin").iter().map(|value| value.to_bytes().unwrap().to_vec()).collect()
}

async fn echoed(client: &mut Client) -> Result<Response<StoreReply>, Status> {
    let mut request = within(StoreRequest::default(), CEILING);
    for text in TEXTS {
        request.metadata_mut().append("depot-text", text.parse().unwrap());
    }
    for bytes in bins() {
        request.metadata_mut().append_bin("depot-trace-bin", MetadataValue::from_bytes(&bytes));
    }
    client.store(request).await
}

async fn text_metadata(mut client: Client) -> Verdict {
    let response = echoed(&mut client).await?;
    expect("the headers", texts_of(response.metadata()), TEXTS.map(str::to_owned).to_vec())
}

async fn binary_metadata(mut client: Client) -> Verdict {
    let response = echoed(&mut client).await?;
    expect("the headers", bins_of(response.metadata()), bins())
}

fn wanted(code: Code) -> Option<Failure> {
    let (message, reason, field) = (MESSAGE.to_owned(), "SHELF_EMPTY".to_owned(), "sku".to_owned());
    Some(Failure { code: code as i32, message, reason, field })
}

fn describes(status: &Status, code: Code) -> Verdict {
    expect("status", (status.code(), status.message()), (code, MESSAGE))?;
    let info = status.get_details_error_info().ok_or("no ErrorInfo")?;
    expect("info", (info.reason.as_str(), info.domain.as_str()), ("SHELF_EMPTY", "depot.example"))?;
    expect("shelf", info.metadata.get("shelf").map(String::as_str), Some("7"))?;
    let request = status.get_details_bad_request().ok_or("no BadRequest")?;
    let violation = &request.field_violations[0];
    expect("violation", (violation.field.as_str(), violation.description.as_str()), ("sku", "is wrong"))
}

async fn error_details(mut client: Client) -> Verdict {
    let request = StoreRequest { failure: wanted(Code::FailedPrecondition), ..Default::default() };
    describes(&fails(client.store(within(request, CEILING)).await)?, Code::FailedPrecondition)
}

async fn stream_error(mut client: Client) -> Verdict {
    let request = ListRequest { count: 3, failure: wanted(Code::Aborted) };
    let (items, status) = collect(client.list(within(request, CEILING)).await?.get_mut()).await;
    expect("items before the failure", items, vec![0, 1, 2])?;
    describes(&status.ok_or("the stream did not fail")?, Code::Aborted)
}

async fn deadline_seen(mut client: Client) -> Verdict {
    let none = client.store(StoreRequest::default()).await?.into_inner();
    expect("time left without a deadline", none.remaining_ms, -1)?;
    let left = client.store(within(StoreRequest::default(), CEILING)).await?.into_inner().remaining_ms;
    in_time(left)
}

fn in_time(left: i64) -> Verdict {
    let good = left > 0 && left <= (CEILING + ROUNDING).as_millis() as i64;
    if good { Ok(()) } else { Err(format!("the server had {left} ms left, of {CEILING:?}").into()) }
}

async fn released(client: &mut Client, id: String) -> Verdict {
    client.released(within(HoldRequest { id }, CEILING)).await?;
    Ok(())
}

async fn deadline_expires(mut client: Client) -> Verdict {
    let id = new_id("deadline");
    let request = within(HoldRequest { id: id.clone() }, Duration::from_secs(2));
    let status = match client.hold(request).await {
        Ok(stream) => collect(&mut stream.into_inner()).await.1.ok_or("the stream ended well")?,
        Err(status) => status,
    };
    released(&mut client, id).await?;
    expired(&status)
}

/// The library leaves it to the server, and reads the server's reset as a cancellation.
fn expired(status: &Status) -> Verdict {
    match status.code() {
        Code::DeadlineExceeded | Code::Cancelled => Ok(()),
        code => Err(format!("the code is {code:?}: {}", status.message()).into()),
    }
}

async fn cancellation(mut client: Client) -> Verdict {
    let id = new_id("cancel");
    let mut stream = client.hold(within(HoldRequest { id: id.clone() }, CEILING)).await?.into_inner();
    stream.message().await?;
    drop(stream);
    released(&mut client, id).await
}

async fn compression(target: &str) -> Verdict {
    let client = dial(target).await?;
    let client = client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
    let (payload, request) = transferred(1 << 20);
    let mut client = client;
    same(client.pack(within(request, CEILING)).await?.into_inner(), &payload)
}

fn transferred(size: usize) -> (Vec<u8>, StoreRequest) {
    let payload = pattern(size);
    (payload.clone(), StoreRequest { payload, reply_bytes: size as u32, ..Default::default() })
}

fn same(reply: StoreReply, payload: &[u8]) -> Verdict {
    if reply.payload != payload {
        return Err(format!("the reply has {} bytes, or other ones", reply.payload.len()).into());
    }
    expect("the sum of the bytes", reply.payload_sum, sum(payload))
}

async fn large_messages(mut client: Client) -> Verdict {
    let (payload, request) = transferred(8 << 20);
    same(client.store(within(request, CEILING)).await?.into_inner(), &payload)
}

/// This program, the target, and the last one.
async fn deadline_three_hops(mut client: Client, args: &Args) -> Verdict {
    let targets = vec![args.next.clone()];
    let request = ForwardRequest { targets: targets.clone(), hold_id: String::new() };
    let legs = client.forward(within(request, CEILING)).await?.into_inner().legs;
    expect("the number of legs", legs.len(), 2)?;
    in_time(legs[0].remaining_ms)?;
    in_time(legs[1].remaining_ms)?;
    if legs[1].remaining_ms > legs[0].remaining_ms {
        return Err(format!("the time left grew: {legs:?}").into());
    }
    let id = new_id("hops");
    let held = ForwardRequest { targets, hold_id: id.clone() };
    let status = fails(client.forward(within(held, Duration::from_secs(3))).await)?;
    released(&mut dial(&args.next).await?, id).await?;
    expired(&status)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |name: &str| {
        let at = words.iter().position(|word| word == name);
        at.and_then(|at| words.get(at + 1)).cloned().unwrap_or_default()
    };
    let args = Args { target: word("--target"), packed: word("--packed"), next: word("--next") };
    let client = dial(&args.target).await?;
    for name in word("--cases").split(',') {
        let client = client.clone();
        let verdict = match name {
            "unary" => unary(client).await,
            "server_streaming" => server_streaming(client).await,
            "client_streaming" => client_streaming(client).await,
            "bidi_streaming" => bidi_streaming(client).await,
            "empty_streams" => empty_streams(client).await,
            "text_metadata" => text_metadata(client).await,
            "binary_metadata" => binary_metadata(client).await,
            "error_details" => error_details(client).await,
            "stream_error" => stream_error(client).await,
            "deadline_seen" => deadline_seen(client).await,
            "deadline_expires" => deadline_expires(client).await,
            "cancellation" => cancellation(client).await,
            "compression" => compression(&args.packed).await,
            "large_messages" => large_messages(client).await,
            "deadline_three_hops" => deadline_three_hops(client, &args).await,
            _ => Err(format!("this program has no case {name}").into()),
        };
        match verdict {
            Ok(()) => println!("RESULT {name} pass"),
            Err(why) => println!("RESULT {name} fail {}", why.to_string().replace('\n', " | ")),
        }
    }
    Ok(())
}
