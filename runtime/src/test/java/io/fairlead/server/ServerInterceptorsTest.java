package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.testkit.Await;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The application's interceptors around what a server serves. */
@Timeout(60)
class ServerInterceptorsTest {
  private static final Context.Key<String> TENANT = Context.key("tenant");

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final List<String> seen = new CopyOnWriteArrayList<>();

  @Test
  void theFirstOneGivenIsOutermost() {
    RpcServer server =
        running.start(stock().intercept(new Seen("a"), new Seen("b")).intercept(new Seen("c")));
    assertThat(EchoMethod.say(running.channel(server), "hello")).isEqualTo("hello");
    assertThat(seen)
        .containsExactly(
            "a starts", "b starts", "c starts", "c closes OK", "b closes OK", "a closes OK");
  }

  @Test
  void theyStandBetweenTheAuthorizerAndAdmission() {
    RpcServer server =
        running.start(
            stock()
                .authorizer(everyoneIs("ann"))
                .limits(limits -> limits.maxConcurrentCalls(10))
                .intercept(new Seen("a"), new Seen("b")));
    assertThat(server.toString())
        .contains(
            "test.Echo/Say: stall(1m) -> guard requests -> deadline -> authorize -> intercept(a)"
                + " -> intercept(b) -> admission(NORMAL, server 10) -> ");
  }

  @Test
  void anInterceptorSeesTheCallerThatTheAuthorizerFound() {
    RpcServer server =
        running.start(
            stock()
                .authorizer(everyoneIs("ann"))
                .intercept(
                    new ServerInterceptor() {
                      @Override
                      public <Q, R> ServerCall.Listener<Q> interceptCall(
                          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                        Caller caller = Caller.current();
                        seen.add(caller == null ? "nobody" : caller.name());
                        return next.startCall(call, headers);
                      }
                    }));
    EchoMethod.say(running.channel(server), "hello");
    assertThat(seen).containsExactly("ann");
  }

  @Test
  void whoTheAuthorizerRejectsNoInterceptorSees() {
    RpcServer server =
        running.start(
            stock().authorizer(Authorizer.byScopes(call -> null)).intercept(new Seen("a")));
    assertThat(failure(server).getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(seen).isEmpty();
  }

  @Test
  void aValueOfTheContextReachesEveryKindOfHandler() throws Exception {
    RpcServer server =
        running.start(
            stock()
                .service(
                    EchoRpc.bind(
                        new Echo() {
                          @Override
                          public StringValue say(StringValue request) {
                            return text(String.valueOf(TENANT.get()));
                          }
                        }))
                .limits(limits -> limits.maxConcurrentCalls(10))
                .intercept(new Tenant()));
    assertThat(EchoMethod.say(running.channel(server), "hello")).isEqualTo("acme");
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      assertThat(EchoRpc.client(channel).say(text("x"))).isEqualTo(text("acme"));
    }

    RpcServer async =
        running.start(
            RpcServer.builder("async")
                .service(
                    EchoRpc.bindAsync(
                        new EchoAsync() {
                          @Override
                          public CompletionStage<StringValue> say(StringValue request) {
                            return CompletableFuture.completedFuture(
                                text(String.valueOf(TENANT.get())));
                          }
                        }))
                .intercept(new Tenant()));
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:" + async.port()).build()) {
      assertThat(EchoRpc.client(channel).say(text("x"))).isEqualTo(text("acme"));
    }
  }

  @Test
  void whatAdmissionRejectsIsSeen() throws Exception {
    HoldingHandler holding = new HoldingHandler(false);
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoRpc.bind(holding))
                .limits(limits -> limits.maxConcurrentCallsPerMethod(1))
                .intercept(new Seen("a")));
    try (RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      CompletableFuture<StringValue> held =
          EchoRpc.asyncClient(channel).say(text("hold")).toCompletableFuture();
      holding.awaitHeld(1);
      assertThat(
              catchThrowableOfType(
                      io.fairlead.RpcException.class, () -> EchoRpc.client(channel).say(text("x")))
                  .code())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(seen).contains("a closes RESOURCE_EXHAUSTED");
      holding.letGo();
      held.join();
    }
  }

  @Test
  void builtInServicesDoNotPassThroughThem() {
    RpcServer server = running.start(stock().intercept(new Seen("a")));
    HealthGrpc.newBlockingStub(running.channel(server))
        .check(HealthCheckRequest.getDefaultInstance());
    assertThat(seen).isEmpty();
    assertThat(server.toString().lines().filter(line -> line.startsWith("grpc.")))
        .isNotEmpty()
        .noneMatch(line -> line.contains("intercept"));
  }

  @Test
  void aStatusThatAnInterceptorThrowsIsTheAnswer() {
    RpcServer server =
        running.start(
            stock()
                .intercept(
                    new Thrower(
                        Status.FAILED_PRECONDITION
                            .withDescription("no tenant")
                            .asRuntimeException(),
                        false)));
    Status status = failure(server).getStatus();
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).isEqualTo("no tenant");
  }

  @Test
  void anInterceptorThatFailsKeepsNoPermit() {
    for (boolean afterTheStart : new boolean[] {false, true}) {
      RpcServer server =
          running.start(
              stock()
                  .limits(limits -> limits.maxConcurrentCalls(1))
                  .intercept(new Thrower(new IllegalStateException("no"), afterTheStart)));
      for (int i = 0; i < 3; i++) {
        Status status = failure(server).getStatus();
        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription()).isEqualTo("an interceptor of the server failed");
        Await.until("the call has ended", () -> server.load().inFlight() == 0);
      }
    }
  }

  private StatusRuntimeException failure(RpcServer server) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> EchoMethod.say(running.channel(server), "hello"));
  }

  private static Authorizer everyoneIs(String name) {
    return Authorizer.byScopes(call -> new Caller(name, Set.of()));
  }

  private static RpcServer.Builder stock() {
    return RpcServer.builder("echo")
        .service(
            EchoMethod.serving(text -> TENANT.get() == null ? text : String.valueOf(TENANT.get())));
  }

  /** Notes starts and ends. */
  private final class Seen implements ServerInterceptor {
    private final String name;

    Seen(String name) {
      this.name = name;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      seen.add(name + " starts");
      return next.startCall(
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
              seen.add(name + " closes " + status.getCode());
              super.close(status, trailers);
            }
          },
          headers);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final class Tenant implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return Contexts.interceptCall(
          Context.current().withValue(TENANT, "acme"), call, headers, next);
    }
  }

  private record Thrower(RuntimeException failure, boolean afterTheStart)
      implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      if (afterTheStart) {
        var unused = next.startCall(call, headers);
      }
      throw failure;
    }
  }
}
