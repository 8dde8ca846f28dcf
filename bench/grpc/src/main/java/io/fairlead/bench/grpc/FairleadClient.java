package io.fairlead.bench.grpc;

import io.fairlead.Pipe;
import io.fairlead.Source;
import io.fairlead.bench.BenchClient;
import io.fairlead.bench.Completion;
import io.fairlead.bench.v1.Echo;
import io.fairlead.bench.v1.EchoAsync;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.bench.v1.Payload;
import io.fairlead.bench.v1.StreamRequest;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;

/** Calls through our generated clients. */
final class FairleadClient implements BenchClient {
  private final Runnable close;
  private final Echo echo;
  private final EchoAsync async;
  private final List<Held> held = new ArrayList<>();

  FairleadClient(Channel channel, Runnable close) {
    this.close = close;
    this.echo = EchoRpc.client(channel);
    this.async = EchoRpc.asyncClient(channel);
  }

  @Override
  public Payload unary(Payload request) {
    return echo.unary(request);
  }

  @Override
  public void unaryAsync(Payload request, Completion done) {
    async.unary(request).whenComplete((answer, failure) -> done.ended(failure));
  }

  @Override
  public long stream(Payload message, int messages) {
    StreamRequest request =
        StreamRequest.newBuilder().setMessage(message).setMessages(messages).build();
    long came = 0;
    try (Source<Payload> answers = echo.stream(request)) {
      while (answers.read() != null) {
        came++;
      }
    }
    return came;
  }

  @Override
  public void pingPong(Payload message, int rounds) throws Exception {
    Rally.play(async, message, rounds);
  }

  @Override
  public void holdStream(Payload message) throws Exception {
    Pipe<Payload> requests = Source.pipe();
    Source<Payload> answers = echo.pingPong(requests.source());
    requests.send(message);
    if (answers.read() == null) {
      throw new IllegalStateException("The other side ended at once");
    }
    held.add(new Held(requests, answers));
  }

  private record Held(Pipe<Payload> requests, Source<Payload> answers) {}

  @Override
  public void close() {
    close.run();
  }
}
