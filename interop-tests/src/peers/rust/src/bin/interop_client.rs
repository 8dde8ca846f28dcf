//! gRPC's interop cases on tonic, with the arguments that gRPC's own interop clients take.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use fairlead_interop_peers::testing::test_service_client::TestServiceClient;
use fairlead_interop_peers::testing::unimplemented_service_client::UnimplementedServiceClient;
use fairlead_interop_peers::testing::*;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

const REQUESTS: [i32; 4] = [27182, 8, 1828, 45904];
const RESPONSES: [i32; 4] = [31415, 9, 2653, 58979];
const INITIAL: &str = "x-grpc-test-echo-initial";
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";
const SPECIAL: &str = "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";
const PATIENCE: Duration = Duration::from_secs(60);

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Client = TestServiceClient<Channel>;

struct Given(HashMap<String, String>);

impl Given {
    fn read() -> Given {
        let pairs = std::env::args().skip(1).filter_map(|argument| {
            let (name, value) = argument.strip_prefix("--")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Given(pairs.collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value)
    }

    async fn connect(&self) -> Result<Channel, Box<dyn std::error::Error>> {
        let tls = self.get("use_tls") == "true";
        let scheme = if tls { "https" } else { "http" };
        let address = format!("{scheme}://{}:{}", self.get("server_host"), self.get("server_port"));
        let mut endpoint = Endpoint::from_shared(address)?.timeout(PATIENCE);
        if tls {
            let authority = Certificate::from_pem(std::fs::read(self.get("ca_file"))?);
            let config = ClientTlsConfig::new().ca_certificate(authority).domain_name(self.get("server_host_override"));
            endpoint = endpoint.tls_config(config)?;
        }
        Ok(endpoint.connect().await?)
    }
}

fn payload(size: i32) -> Option<Payload> {
    Some(Payload { r#type: 0, body: vec![0; size as usize] })
}

fn large() -> SimpleRequest {
    SimpleRequest { response_size: 314159, payload: payload(271828), ..Default::default() }
}

fn output(size: i32, answers: &[i32]) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        payload: payload(size),
        response_parameters: answers.iter().map(|&size| ResponseParameters { size, ..Default::default() }).collect(),
        ..Default::default()
    }
}

fn size(answer: &StreamingOutputCallResponse) -> i32 {
    answer.payload.as_ref().map_or(0, |payload| payload.body.len() as i32)
}

fn flag(value: bool) -> Option<BoolValue> {
    Some(BoolValue { value })
}

fn expect_failure<T>(answer: Result<T, Status>, code: Code) -> Status {
    let Err(status) = answer else { panic!("the call did not fail") };
    assert_eq!(status.code(), code, "{status}");
    status
}

async fn large_unary(client: &mut Client) -> Outcome {
    let answer = client.unary_call(large()).await?.into_inner();
    assert_eq!(answer.payload.unwrap().body.len(), 314159);
    Ok(())
}

async fn client_compressed_unary(client: &mut Client) -> Outcome {
    let announced = |value| SimpleRequest { expect_compressed: flag(value), ..large() };
    expect_failure(client.unary_call(announced(true)).await, Code::InvalidArgument);
    client.clone().send_compressed(CompressionEncoding::Gzip).unary_call(announced(true)).await?;
    client.unary_call(announced(false)).await?;
    Ok(())
}

async fn server_compressed_unary(client: &mut Client) -> Outcome {
    for value in [true, false] {
        let request = SimpleRequest { response_compressed: flag(value), ..large() };
        let answer = client.unary_call(request).await?.into_inner();
        assert_eq!(answer.payload.unwrap().body.len(), 314159);
    }
    Ok(())
}

async fn client_streaming(client: &mut Client) -> Outcome {
    let requests = REQUESTS.map(|size| StreamingInputCallRequest { payload: payload(size), expect_compressed: None });
    let answer = client.streaming_input_call(tokio_stream::iter(requests)).await?.into_inner();
    assert_eq!(answer.aggregated_payload_size, 74922);
    Ok(())
}

async fn server_streaming(client: &mut Client) -> Outcome {
    let answers = client.streaming_output_call(output(0, &RESPONSES)).await?.into_inner();
    let all: Result<Vec<_>, _> = answers.collect::<Vec<_>>().await.into_iter().collect();
    assert_eq!(all?.iter().map(size).collect::<Vec<_>>(), RESPONSES);
    Ok(())
}

async fn server_compressed_streaming(client: &mut Client) -> Outcome {
    let wanted = |size, compressed| ResponseParameters { size, compressed: flag(compressed), ..Default::default() };
    let request = StreamingOutputCallRequest {
        response_parameters: vec![wanted(31415, true), wanted(92653, false)],
        ..Default::default()
    };
    let mut answers = client.streaming_output_call(request).await?.into_inner();
    assert_eq!(size(&answers.message().await?.unwrap()), 31415);
    assert_eq!(size(&answers.message().await?.unwrap()), 92653);
    assert!(answers.message().await?.is_none());
    Ok(())
}

async fn ping_pong(client: &mut Client) -> Outcome {
    let (requests, receiver) = mpsc::channel(1);
    requests.send(output(REQUESTS[0], &RESPONSES[..1])).await?;
    let mut answers = client.full_duplex_call(ReceiverStream::new(receiver)).await?.into_inner();
    for i in 0..REQUESTS.len() {
        if i > 0 {
            requests.send(output(REQUESTS[i], &RESPONSES[i..=i])).await?;
        }
        assert_eq!(size(&answers.message().await?.unwrap()), RESPONSES[i]);
    }
    drop(requests);
    assert!(answers.message().await?.is_none());
    Ok(())
}

async fn empty_stream(client: &mut Client) -> Outcome {
    let mut answers = client.full_duplex_call(tokio_stream::empty()).await?.into_inner();
    assert!(answers.message().await?.is_none());
    Ok(())
}

fn with_metadata<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(INITIAL, "test_initial_metadata_value".parse().unwrap());
    let binary = MetadataValue::from_bytes(b"\x0a\x0b\x0a\x0b\x0a\x0b");
    request.metadata_mut().insert_bin(TRAILING, binary);
    request
}

fn assert_echoed(headers: &MetadataMap, trailers: &MetadataMap) -> Outcome {
    assert_eq!(headers.get(INITIAL).unwrap(), "test_initial_metadata_value");
    assert_eq!(trailers.get_bin(TRAILING).unwrap().to_bytes()?.as_ref(), b"\x0a\x0b\x0a\x0b\x0a\x0b");
    Ok(())
}

async fn custom_metadata(client: &mut Client) -> Outcome {
    let one = SimpleRequest { response_size: 1, payload: payload(1), ..Default::default() };
    // For one answer the library puts headers and trailers into one map.
    let answer = client.unary_call(with_metadata(one)).await?;
    assert_echoed(answer.metadata(), answer.metadata())?;
    let answer = client.full_duplex_call(with_metadata(tokio_stream::once(output(1, &[1])))).await?;
    let headers = answer.metadata().clone();
    let mut answers = answer.into_inner();
    assert!(answers.message().await?.is_some());
    assert!(answers.message().await?.is_none());
    assert_echoed(&headers, &answers.trailers().await?.unwrap())
}

async fn status(client: &mut Client, message: &str, stream: bool) -> Outcome {
    let wanted = EchoStatus { code: 2, message: message.to_owned() };
    let request = SimpleRequest { response_status: Some(wanted.clone()), ..Default::default() };
    assert_eq!(expect_failure(client.unary_call(request).await, Code::Unknown).message(), message);
    if stream {
        let request = StreamingOutputCallRequest { response_status: Some(wanted), ..Default::default() };
        let answer = match client.full_duplex_call(tokio_stream::once(request)).await {
            Ok(answers) => answers.into_inner().message().await.map(|_| ()),
            Err(status) => Err(status),
        };
        assert_eq!(expect_failure(answer, Code::Unknown).message(), message);
    }
    Ok(())
}

async fn cancel_after_begin(client: &mut Client) -> Outcome {
    let (_requests, receiver) = mpsc::channel::<StreamingInputCallRequest>(1);
    let mut client = client.clone();
    let call = tokio::spawn(async move { client.streaming_input_call(ReceiverStream::new(receiver)).await.map(|_| ()) });
    // Here a call is cancelled by dropping it.
    tokio::task::yield_now().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    Ok(())
}

async fn cancel_after_first_response(client: &mut Client) -> Outcome {
    let (requests, receiver) = mpsc::channel(1);
    requests.send(output(27182, &[31415])).await?;
    let mut answers = client.full_duplex_call(ReceiverStream::new(receiver)).await?.into_inner();
    assert_eq!(size(&answers.message().await?.unwrap()), 31415);
    // Here a call is cancelled by dropping it; the connection must go on.
    drop(answers);
    drop(requests);
    large_unary(client).await
}

async fn timeout_on_sleeping_server(client: &mut Client) -> Outcome {
    let (requests, receiver) = mpsc::channel(1);
    requests.send(output(27182, &[])).await?;
    let mut request = Request::new(ReceiverStream::new(receiver));
    request.set_timeout(Duration::from_millis(1));
    let answer = match client.full_duplex_call(request).await {
        // The library itself looks at the time only until the headers have come.
        Ok(answers) => tokio::time::timeout(PATIENCE, answers.into_inner().message()).await?.map(|_| ()),
        Err(status) => Err(status),
    };
    let Err(status) = answer else { panic!("the call did not fail") };
    // Its own timer says CANCELLED, the server's word is DEADLINE_EXCEEDED; whichever comes first.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    Ok(())
}

async fn pick_first_unary(client: &mut Client) -> Outcome {
    let mut ids = HashSet::new();
    for _ in 0..100 {
        let request = SimpleRequest { fill_server_id: true, ..Default::default() };
        ids.insert(client.unary_call(request).await?.into_inner().server_id);
    }
    assert_eq!(ids.len(), 1);
    assert!(!ids.contains(""));
    Ok(())
}

fn with_token<T>(message: T, given: &Given) -> Request<T> {
    let mut request = Request::new(message);
    let token = format!("Bearer {}", given.get("oauth_token"));
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    request
}

fn who_am_i() -> SimpleRequest {
    SimpleRequest { fill_username: true, fill_oauth_scope: true, ..large() }
}

async fn refused(client: &mut Client) {
    expect_failure(client.unary_call(who_am_i()).await, Code::Unauthenticated);
}

fn assert_known(answer: SimpleResponse, given: &Given) -> Outcome {
    assert_eq!(answer.username, given.get("default_service_account"));
    assert_eq!(answer.oauth_scope, given.get("oauth_scope"));
    Ok(())
}

async fn oauth2_auth_token(client: &mut Client, channel: Channel, given: &Given) -> Outcome {
    refused(client).await;
    let token: MetadataValue<_> = format!("Bearer {}", given.get("oauth_token")).parse()?;
    let mut known = TestServiceClient::with_interceptor(channel, move |mut request: Request<()>| {
        request.metadata_mut().insert("authorization", token.clone());
        Ok(request)
    });
    assert_known(known.unary_call(who_am_i()).await?.into_inner(), given)
}

async fn per_rpc_creds(client: &mut Client, given: &Given) -> Outcome {
    refused(client).await;
    assert_known(client.unary_call(with_token(who_am_i(), given)).await?.into_inner(), given)?;
    refused(client).await;
    Ok(())
}

async fn very_large_request(client: &mut Client) -> Outcome {
    let request = SimpleRequest { response_size: 10, payload: payload(10 << 20), ..Default::default() };
    assert_eq!(client.unary_call(request).await?.into_inner().payload.unwrap().body.len(), 10);
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome {
    let given = Given::read();
    let channel = given.connect().await?;
    let client = &mut TestServiceClient::new(channel.clone()).accept_compressed(CompressionEncoding::Gzip);
    match given.get("test_case") {
        "empty_unary" => client.empty_call(Empty {}).await.map(|_| ()).map_err(Into::into),
        "large_unary" => large_unary(client).await,
        "client_compressed_unary" => client_compressed_unary(client).await,
        "server_compressed_unary" => server_compressed_unary(client).await,
        "client_streaming" => client_streaming(client).await,
        "server_streaming" => server_streaming(client).await,
        "server_compressed_streaming" => server_compressed_streaming(client).await,
        "ping_pong" => ping_pong(client).await,
        "empty_stream" => empty_stream(client).await,
        "custom_metadata" => custom_metadata(client).await,
        "status_code_and_message" => status(client, "test status message", true).await,
        "special_status_message" => status(client, SPECIAL, false).await,
        "unimplemented_method" => {
            expect_failure(client.unimplemented_call(Empty {}).await, Code::Unimplemented);
            Ok(())
        }
        "unimplemented_service" => {
            let mut other = UnimplementedServiceClient::new(channel);
            expect_failure(other.unimplemented_call(Empty {}).await, Code::Unimplemented);
            Ok(())
        }
        "cancel_after_begin" => cancel_after_begin(client).await,
        "cancel_after_first_response" => cancel_after_first_response(client).await,
        "timeout_on_sleeping_server" => timeout_on_sleeping_server(client).await,
        "oauth2_auth_token" => oauth2_auth_token(client, channel, &given).await,
        "per_rpc_creds" => per_rpc_creds(client, &given).await,
        "very_large_request" => very_large_request(client).await,
        "pick_first_unary" => pick_first_unary(client).await,
        "rpc_soak" => {
            for _ in 0..10 {
                large_unary(client).await?;
            }
            Ok(())
        }
        "channel_soak" => {
            for _ in 0..10 {
                large_unary(&mut TestServiceClient::new(given.connect().await?)).await?;
            }
            Ok(())
        }
        other => panic!("no such case: {other}"),
    }
}
