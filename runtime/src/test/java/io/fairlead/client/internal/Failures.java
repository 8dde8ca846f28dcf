package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Calls that fail, each in another way, on real connections. */
final class Failures {
  /** One way to fail. */
  record Failure(String title, Trial trial) {}

  /** Makes the failing call. */
  interface Trial {
    RpcException make() throws Exception;
  }

  static final List<Failure> ALL =
      List.of(
          new Failure("The deadline passes in the second attempt", Failures::deadline),
          new Failure("Every attempt passes its own limit", Failures::perAttempt),
          new Failure("All attempts fail", Failures::exhausted),
          new Failure("The retry budget is used up", Failures::budget),
          new Failure("Nobody serves the name", Failures::nobody),
          new Failure("The connection is refused", Failures::refused),
          new Failure("The connection is cut after the request", Failures::cut),
          new Failure("The breaker of the method is open", Failures::methodBreaker),
          new Failure("The breakers of all endpoints are open", Failures::endpointBreaker),
          new Failure("The request is too large", Failures::largeRequest),
          new Failure("The response is too large", Failures::largeResponse),
          new Failure("The server sheds the call", Failures::shed),
          new Failure("The caller goes away", Failures::cancelled),
          new Failure("The server does not have the service", Failures::unknown),
          new Failure("The fallback fails too", Failures::fallback),
          new Failure("A stream falls silent", Failures::idle));

  private Failures() {}

  private static MethodPolicy.Builder within(Duration deadline) {
    return MethodPolicy.builder().deadline(deadline);
  }

  private static RetryPolicy.Builder retry(int attempts) {
    return RetryPolicy.builder().attempts(attempts).backoff(Duration.ofMillis(1));
  }

  private static RpcException failure(RpcChannel channel, MethodPolicy policy, String text) {
    return failure(channel, ScriptedServer.say(policy, true), text);
  }

  private static RpcException failure(
      RpcChannel channel, MethodContract<StringValue, StringValue> say, String text) {
    try {
      StringValue answer = ClientCalls.over(channel).unary(say, StringValue.of(text));
      throw new AssertionError("this should have failed, and gave " + answer);
    } catch (RpcException e) {
      return e;
    }
  }

  /** A failing call after one that works, so that the connection stands. */
  private static RpcException warm(
      ScriptedServer.Script then, MethodPolicy policy, UnaryOperator<RpcChannel.Builder> change)
      throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.reply("warm");
          } else {
            then.answer(n - 1, call);
          }
        };
    try (ScriptedServer peer = ScriptedServer.start(script);
        RpcChannel channel = change.apply(RpcChannel.to(peer.target())).build()) {
      String unused =
          ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), true), "warm up");
      return failure(channel, policy, "x");
    }
  }

  private static RpcException deadline() throws Exception {
    ScriptedServer.Script script =
        (n, call) -> {
          if (n == 1) {
            call.fail(Status.UNAVAILABLE.withDescription("restarting"));
          }
        };
    return warm(
        script, within(Duration.ofSeconds(2)).retry(retry(3).build()).build(), channel -> channel);
  }

  private static RpcException perAttempt() throws Exception {
    MethodPolicy policy =
        within(Duration.ofMinutes(1))
            .retry(retry(2).perAttempt(Duration.ofMillis(100)).build())
            .build();
    return warm((n, call) -> {}, policy, channel -> channel);
  }

  private static ScriptedServer.Script failing(Status status) {
    return (n, call) -> call.fail(status);
  }

  private static RpcException exhausted() throws Exception {
    return warm(
        failing(Status.UNAVAILABLE.withDescription("restarting")),
        within(Duration.ofMinutes(1)).retry(retry(3).build()).build(),
        channel -> channel);
  }

  private static RpcException budget() throws Exception {
    return warm(
        failing(Status.UNAVAILABLE.withDescription("restarting")),
        within(Duration.ofMinutes(1)).retry(retry(3).build()).build(),
        channel -> channel.retriesPerSecond(0));
  }

  private static RpcException nobody() throws Exception {
    try (InMemoryRegistry registry = new InMemoryRegistry();
        RpcChannel channel = RpcChannel.to("memory:///shop").registry(registry).build()) {
      return failure(channel, within(Duration.ofMinutes(1)).build(), "x");
    }
  }

  private static RpcException refused() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:" + port).build()) {
      return failure(channel, within(Duration.ofMinutes(1)).retry(retry(2).build()).build(), "x");
    }
  }

  private static RpcException cut() throws Exception {
    // Without the watch on health, whose stream the server would take for the request.
    BalancingOptions options = BalancingOptions.builder().withoutHealth().build();
    try (FrameServer server = FrameServer.start((stream, wire) -> wire.cut());
        RpcChannel channel = RpcChannel.to(server.target()).balancing(options).build()) {
      return failure(
          channel, ScriptedServer.say(within(Duration.ofMinutes(1)).build(), false), "x");
    }
  }

  private static final CircuitBreakerPolicy TOUCHY =
      CircuitBreakerPolicy.builder().minimumSamples(1).build();

  private static RpcException methodBreaker() throws Exception {
    MethodPolicy policy =
        within(Duration.ofMinutes(1))
            .breaker(TOUCHY)
            .endpointBreaker(CircuitBreakerPolicy.off())
            .build();
    return second(failing(Status.INTERNAL.withDescription("disk full")), policy);
  }

  private static RpcException endpointBreaker() throws Exception {
    MethodPolicy policy =
        within(Duration.ofMinutes(1))
            .breaker(CircuitBreakerPolicy.off())
            .endpointBreaker(TOUCHY)
            .build();
    return second(failing(Status.INTERNAL.withDescription("disk full")), policy);
  }

  private static RpcException second(ScriptedServer.Script script, MethodPolicy policy)
      throws Exception {
    try (ScriptedServer peer = ScriptedServer.start(script);
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      RpcException unused = failure(channel, policy, "x");
      return failure(channel, policy, "x");
    }
  }

  private static RpcException largeRequest() throws Exception {
    try (ScriptedServer peer = ScriptedServer.start((n, call) -> call.reply("never"));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      return failure(
          channel, within(Duration.ofMinutes(1)).maxRequestBytes(1_000).build(), "x".repeat(2_000));
    }
  }

  private static RpcException largeResponse() throws Exception {
    return warm(
        (n, call) -> call.reply("x".repeat(2_000)),
        within(Duration.ofMinutes(1)).maxResponseBytes(1_000).build(),
        channel -> channel);
  }

  private static RpcException shed() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(within(Duration.ofMinutes(1)).build(), true);
    CountDownLatch arrived = new CountDownLatch(1);
    CompletableFuture<StreamObserver<StringValue>> busy = new CompletableFuture<>();
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(ScriptedServer.SERVICE)
            .addMethod(
                say.descriptor(),
                ServerCalls.asyncUnaryCall(
                    (StringValue request, StreamObserver<StringValue> out) -> {
                      busy.complete(out);
                      arrived.countDown();
                    }))
            .build();
    try (RpcServer server =
            RpcServer.builder("echo")
                .port(0)
                .service(service)
                .limits(limits -> limits.maxConcurrentCallsPerMethod(1))
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      CompletableFuture<StringValue> first =
          io.fairlead.contract.client.AsyncClientCalls.over(channel)
              .unary(say, StringValue.of("first"))
              .toCompletableFuture();
      if (!arrived.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("the first call did not arrive");
      }
      RpcException refused = failure(channel, say, "x");
      StreamObserver<StringValue> out = busy.join();
      out.onNext(StringValue.of("ok"));
      out.onCompleted();
      StringValue unused = first.get(30, TimeUnit.SECONDS);
      return refused;
    }
  }

  private static RpcException cancelled() throws Exception {
    try (Context.CancellableContext inbound = Context.current().withCancellation()) {
      ScriptedServer.Script script =
          (n, call) -> inbound.cancel(new RuntimeException("the browser has gone"));
      try (ScriptedServer peer = ScriptedServer.start(script);
          RpcChannel channel = RpcChannel.to(peer.target()).build()) {
        return inbound.call(() -> failure(channel, within(Duration.ofMinutes(1)).build(), "x"));
      }
    }
  }

  private static RpcException unknown() throws Exception {
    MethodContract<StringValue, StringValue> elsewhere =
        MethodContract.unary(
                "shop.v1.Inventory",
                "Reserve",
                StringValue.getDefaultInstance(),
                StringValue.getDefaultInstance())
            .policy(within(Duration.ofMinutes(1)).build())
            .build();
    try (ScriptedServer peer = ScriptedServer.start((n, call) -> call.reply("never"));
        RpcChannel channel = RpcChannel.to(peer.target()).build()) {
      return failure(channel, elsewhere, "x");
    }
  }

  private static RpcException fallback() throws Exception {
    MethodContract<StringValue, StringValue> say =
        ScriptedServer.say(within(Duration.ofMinutes(1)).build(), true);
    try (ScriptedServer peer =
            ScriptedServer.start(failing(Status.UNAVAILABLE.withDescription("restarting")));
        RpcChannel channel =
            RpcChannel.to(peer.target())
                .fallback(
                    say,
                    (request, failure) -> {
                      throw new IllegalStateException("no guess for " + request.getValue());
                    })
                .build()) {
      return failure(channel, say, "x");
    }
  }

  private static RpcException idle() throws Exception {
    MethodContract<StringValue, StringValue> watch =
        watch(MethodPolicy.builder().idleTimeout(Duration.ofMillis(200)).build());
    ServerServiceDefinition silent =
        ServerServiceDefinition.builder(ScriptedServer.SERVICE)
            .addMethod(
                // The server knows nothing of the limit, or it would say so first at times.
                watch(MethodPolicy.empty()).descriptor(),
                ServerCalls.asyncServerStreamingCall(
                    (StringValue request, StreamObserver<StringValue> out) -> out.onNext(request)))
            .build();
    try (RpcServer server = RpcServer.builder("echo").port(0).service(silent).start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build();
        Source<StringValue> source =
            ClientCalls.over(channel).serverStreaming(watch, StringValue.of("x"))) {
      if (source.read() == null) {
        throw new AssertionError("the stream ended");
      }
      throw new AssertionError("this should have failed, and gave " + source.read());
    } catch (RpcException e) {
      return e;
    }
  }

  private static MethodContract<StringValue, StringValue> watch(MethodPolicy policy) {
    return MethodContract.serverStreaming(
            ScriptedServer.SERVICE,
            "Watch",
            StringValue.getDefaultInstance(),
            StringValue.getDefaultInstance())
        .policy(policy)
        .build();
  }
}
