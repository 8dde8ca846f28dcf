//! grpc.testing.TestService on tonic. Arguments: certificate and key for TLS, or none. Says on which port it listens.

use std::pin::Pin;
use std::time::Duration;

use fairlead_interop_peers::testing::test_service_server::{TestService, TestServiceServer};
use fairlead_interop_peers::testing::*;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status, Streaming};

const LARGEST: usize = 16 << 20;

type Answers = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;
type Sender = mpsc::Sender<Result<StreamingOutputCallResponse, Status>>;

struct Golden {
    id: String,
}

fn payload(size: i32) -> Option<Payload> {
    Some(Payload { r#type: 0, body: vec![0; size as usize] })
}

fn asked_for(status: &Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => Err(Status::new(Code::from_i32(status.code), &status.message)),
        _ => Ok(()),
    }
}

/// The name and the scope that a token here is made of.
fn caller(headers: &MetadataMap) -> Result<(String, String), Status> {
    headers
        .get("authorization")
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer ")?.split_once('~'))
        .map(|(name, scope)| (name.to_owned(), scope.to_owned()))
        .ok_or(Status::unauthenticated("no token"))
}

async fn answer(request: StreamingOutputCallRequest, out: &Sender) -> Result<(), Status> {
    asked_for(&request.response_status)?;
    for wanted in request.response_parameters {
        tokio::time::sleep(Duration::from_micros(wanted.interval_us as u64)).await;
        let response = StreamingOutputCallResponse { payload: payload(wanted.size) };
        if out.send(Ok(response)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Answers each request as it comes.
fn answers(mut requests: impl Stream<Item = Result<StreamingOutputCallRequest, Status>> + Send + Unpin + 'static) -> Answers {
    let (out, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let done = match request {
                Ok(request) => answer(request, &out).await,
                Err(status) => Err(status),
            };
            if let Err(status) = done {
                // Whoever does not read any more does not want it.
                let _ = out.send(Err(status)).await;
                break;
            }
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

#[tonic::async_trait]
impl TestService for Golden {
    type StreamingOutputCallStream = Answers;
    type FullDuplexCallStream = Answers;
    type HalfDuplexCallStream = Answers;

    async fn empty_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        let headers = request.metadata().clone();
        let request = request.into_inner();
        asked_for(&request.response_status)?;
        let (username, oauth_scope) = if request.fill_username { caller(&headers)? } else { Default::default() };
        let mut response = Response::new(SimpleResponse {
            payload: payload(request.response_size),
            username,
            oauth_scope,
            server_id: if request.fill_server_id { self.id.clone() } else { String::new() },
            ..Default::default()
        });
        if !request.response_compressed.is_some_and(|wanted| wanted.value) {
            response.disable_compression();
        }
        Ok(response)
    }

    async fn cacheable_unary_call(&self, _: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        Err(Status::unimplemented("needs a caching proxy"))
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Answers>, Status> {
        Ok(Response::new(answers(tokio_stream::once(Ok(request.into_inner())))))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut size = 0;
        while let Some(request) = requests.message().await? {
            size += request.payload.map_or(0, |payload| payload.body.len() as i32);
        }
        Ok(Response::new(StreamingInputCallResponse { aggregated_payload_size: size }))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Answers>, Status> {
        Ok(Response::new(answers(request.into_inner())))
    }

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let all: Vec<_> = request.into_inner().collect().await;
        Ok(Response::new(answers(tokio_stream::iter(all))))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("no server implements it"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut server = Server::builder();
    if let [certificate, key] = &files[..] {
        let identity = Identity::from_pem(std::fs::read(certificate)?, std::fs::read(key)?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?.port());
    let service = TestServiceServer::new(Golden { id: format!("rust-{}", std::process::id()) })
        .max_decoding_message_size(LARGEST)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    server.add_service(service).serve_with_incoming(TcpListenerStream::new(listener)).await?;
    Ok(())
}
