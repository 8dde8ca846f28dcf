//! The echo of the bench on tonic, on one thread, as it has one processor.

use std::io::BufRead;

use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, Streaming};

mod proto {
    tonic::include_proto!("fairlead.bench.v1");
}

use proto::echo_server::{Echo, EchoServer};
use proto::{Payload, StreamRequest};

struct Server;

type Messages = tokio_stream::Empty<Result<Payload, Status>>;

#[tonic::async_trait]
impl Echo for Server {
    type StreamStream = Messages;
    type PingPongStream = Messages;

    async fn unary(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn stream(&self, _: Request<StreamRequest>) -> Result<Response<Messages>, Status> {
        Err(Status::unimplemented("only Unary is measured"))
    }

    async fn ping_pong(&self, _: Request<Streaming<Payload>>) -> Result<Response<Messages>, Status> {
        Err(Status::unimplemented("only Unary is measured"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("@port={}", listener.local_addr()?.port());
    std::thread::spawn(|| {
        // No count of what was allocated: the allocator keeps none.
        for _ in std::io::stdin().lock().lines() {
            println!("@cpu=0 allocated=0 compiling=0");
        }
    });
    tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .add_service(EchoServer::new(Server))
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await?;
    Ok(())
}
