//! The contract depot.v1 in Rust, on the stock library: the server. Ends when its input does.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use fairlead_interop_peers::depot::v1::depot_server::{Depot, DepotServer};
use fairlead_interop_peers::depot::v1::*;
use fairlead_interop_peers::{LARGEST, pattern, sum};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{BadRequest, ErrorDetail, ErrorInfo, FieldViolation, StatusExt};

type Items = Pin<Box<dyn Stream<Item = Result<Item, Status>> + Send>>;

/// The ends of calls, by id; one may be asked for before the call has begun.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<HashMap<String, watch::Sender<bool>>>>);

impl Ends {
    fn of(&self, id: &str) -> watch::Sender<bool> {
        let mut ends = self.0.lock().unwrap();
        ends.entry(id.to_owned()).or_insert_with(|| watch::channel(false).0).clone()
    }
}

/// The library drops a handler whose call has ended.
struct Guard(watch::Sender<bool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

struct Shelves {
    name: String,
    ends: Ends,
    asked: Mutex<HashMap<String, u32>>,
}

fn failure(wanted: &Failure) -> Status {
    let shelf = HashMap::from([("shelf".to_owned(), "7".to_owned())]);
    let violation = FieldViolation::new(wanted.field.clone(), "is wrong");
    Status::with_error_details_vec(
        Code::from_i32(wanted.code),
        wanted.message.clone(),
        vec![
            ErrorDetail::from(ErrorInfo::new(wanted.reason.clone(), "depot.example", shelf)),
            ErrorDetail::from(BadRequest::new(vec![violation])),
        ],
    )
}

/// The library keeps the header and gives no other way to the deadline.
fn remaining(headers: &MetadataMap) -> i64 {
    let Some(text) = headers.get("grpc-timeout").and_then(|value| value.to_str().ok()) else {
        return -1;
    };
    let (digits, unit) = text.split_at(text.len() - 1);
    let nanos: i64 = match unit {
        "H" => 3_600_000_000_000,
        "M" => 60_000_000_000,
        "S" => 1_000_000_000,
        "m" => 1_000_000,
        "u" => 1_000,
        _ => 1,
    };
    digits.parse::<i64>().unwrap_or(0).saturating_mul(nanos) / 1_000_000
}

impl Shelves {
    async fn held(&self, id: &str) -> Status {
        let _guard = Guard(self.ends.of(id));
        std::future::pending().await
    }
}

#[tonic::async_trait]
impl Depot for Shelves {
    type ListStream = Items;
    type ExchangeStream = Items;
    type HoldStream = Items;

    async fn store(&self, request: Request<StoreRequest>) -> Result<Response<StoreReply>, Status> {
        let headers = request.metadata();
        let mut back = MetadataMap::new();
        for value in headers.get_all("depot-text") {
            back.append("depot-text", value.clone());
        }
        for value in headers.get_all_bin("depot-trace-bin") {
            back.append_bin("depot-trace-bin", value.clone());
        }
        let remaining_ms = remaining(headers);
        let request = request.into_inner();
        if let Some(wanted) = request.failure {
            return Err(failure(&wanted));
        }
        let mut response = Response::new(StoreReply {
            server: self.name.clone(),
            text: request.text,
            payload: pattern(request.reply_bytes as usize),
            payload_sum: sum(&request.payload),
            remaining_ms,
        });
        *response.metadata_mut() = back;
        Ok(response)
    }

    async fn pack(&self, request: Request<StoreRequest>) -> Result<Response<StoreReply>, Status> {
        self.store(request).await
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<Items>, Status> {
        let request = request.into_inner();
        let items = async_stream::try_stream! {
            for number in 0..i64::from(request.count) {
                yield Item { number };
            }
            if let Some(wanted) = request.failure {
                Err(failure(&wanted))?;
            }
        };
        Ok(Response::new(Box::pin(items)))
    }

    async fn deliver(&self, request: Request<Streaming<Item>>) -> Result<Response<Summary>, Status> {
        let mut items = request.into_inner();
        let mut summary = Summary::default();
        while let Some(item) = items.message().await? {
            summary.count += 1;
            summary.total += item.number;
        }
        Ok(Response::new(summary))
    }

    async fn exchange(&self, request: Request<Streaming<Item>>) -> Result<Response<Items>, Status> {
        let answers = request.into_inner().map(|item| item.map(|item| Item { number: 2 * item.number }));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn hold(&self, request: Request<HoldRequest>) -> Result<Response<Items>, Status> {
        let guard = Guard(self.ends.of(&request.into_inner().id));
        let items = async_stream::stream! {
            let _guard = guard;
            yield Ok(Item::default());
            std::future::pending::<()>().await;
        };
        Ok(Response::new(Box::pin(items)))
    }

    async fn stall(&self, request: Request<HoldRequest>) -> Result<Response<Item>, Status> {
        Err(self.held(&request.into_inner().id).await)
    }

    async fn released(&self, request: Request<HoldRequest>) -> Result<Response<ReleasedReply>, Status> {
        let mut end = self.ends.of(&request.into_inner().id).subscribe();
        end.wait_for(|ended| *ended).await.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(ReleasedReply {}))
    }

    async fn forward(&self, request: Request<ForwardRequest>) -> Result<Response<ForwardReply>, Status> {
        let remaining_ms = remaining(request.metadata());
        let request = request.into_inner();
        if !request.targets.is_empty() {
            return Err(Status::unimplemented("this server is the last one of a chain"));
        }
        if !request.hold_id.is_empty() {
            return Err(self.held(&request.hold_id).await);
        }
        let server = self.name.clone();
        Ok(Response::new(ForwardReply { legs: vec![Leg { server, remaining_ms }] }))
    }

    async fn refill(&self, request: Request<RefillRequest>) -> Result<Response<RefillReply>, Status> {
        let header = request.metadata().get("grpc-previous-rpc-attempts");
        let previous_attempts = header.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let request = request.into_inner();
        let asked = {
            let mut counts = self.asked.lock().unwrap();
            let count = counts.entry(request.id).or_default();
            *count += 1;
            *count
        };
        if asked <= request.failures {
            return Err(Status::unavailable(format!("asked {asked} times")));
        }
        Ok(Response::new(RefillReply { asked, previous_attempts }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or("rust".to_owned());
    let shelves = Shelves { name, ends: Ends::default(), asked: Mutex::default() };
    let service = DepotServer::new(shelves)
        .max_decoding_message_size(LARGEST)
        .max_encoding_message_size(LARGEST)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?.port());
    tonic::transport::Server::builder()
        .add_service(service)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), async {
            let mut rest = Vec::new();
            let _ = tokio::io::stdin().read_to_end(&mut rest).await;
            std::process::exit(0);
        })
        .await?;
    Ok(())
}
