package io.fairlead.bench.dubbo;

import io.fairlead.bench.v1.DubboEchoTriple;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import org.apache.dubbo.common.stream.StreamObserver;

/** The service as Dubbo's guides write one. */
final class DubboEcho extends DubboEchoTriple.EchoImplBase {
  @Override
  public Payload unary(Payload request) {
    return request;
  }

  @Override
  public void stream(StreamRequest request, StreamObserver<Payload> answers) {
    for (int i = 0; i < request.getMessages(); i++) {
      answers.onNext(request.getMessage());
    }
    answers.onCompleted();
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
