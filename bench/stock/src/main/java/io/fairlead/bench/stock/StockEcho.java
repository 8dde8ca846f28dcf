package io.fairlead.bench.stock;

import io.fairlead.bench.v1.EchoGrpc;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** The service on stock stubs, with the flow control that grpc-java's examples recommend. */
public final class StockEcho extends EchoGrpc.EchoImplBase {
  @Override
  public void unary(Payload request, StreamObserver<Payload> answer) {
    answer.onNext(request);
    answer.onCompleted();
  }

  @Override
  public void stream(StreamRequest request, StreamObserver<Payload> answer) {
    ServerCallStreamObserver<Payload> out = (ServerCallStreamObserver<Payload>) answer;
    Runnable drain =
        new Runnable() {
          private int left = request.getMessages();
          private boolean completed;

          @Override
          public void run() {
            while (left > 0 && out.isReady()) {
              out.onNext(request.getMessage());
              left--;
            }
            if (left == 0 && !completed) {
              completed = true;
              out.onCompleted();
            }
          }
        };
    out.setOnReadyHandler(drain);
  }

  @Override
  public StreamObserver<Payload> pingPong(StreamObserver<Payload> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(Payload message) {
        answers.onNext(message);
      }

      @Override
      public void onError(Throwable failure) {
        // The caller left; there is nobody to tell.
      }

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }
}
