package io.fairlead.bench.vertx;

import io.fairlead.bench.v1.EchoGrpcService;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import io.vertx.core.Future;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;

/** The service, with the back-pressure of Vert.x's streams. */
@SuppressWarnings("FutureReturnValueIgnored") // a write fails only when the caller has left
final class VertxEcho extends EchoGrpcService {
  @Override
  public Future<Payload> unary(Payload request) {
    return Future.succeededFuture(request);
  }

  @Override
  public void stream(StreamRequest request, WriteStream<Payload> answers) {
    new Sending(request, answers).resume();
  }

  @Override
  public void pingPong(ReadStream<Payload> requests, WriteStream<Payload> answers) {
    requests.handler(answers::write);
    requests.endHandler(end -> answers.end());
  }

  private static final class Sending {
    private final Payload message;
    private final WriteStream<Payload> answers;
    private int left;

    Sending(StreamRequest request, WriteStream<Payload> answers) {
      this.message = request.getMessage();
      this.answers = answers;
      this.left = request.getMessages();
    }

    void resume() {
      while (left > 0 && !answers.writeQueueFull()) {
        answers.write(message);
        left--;
      }
      if (left > 0) {
        answers.drainHandler(drained -> resume());
      } else {
        answers.end();
      }
    }
  }
}
