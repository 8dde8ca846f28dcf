package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallObserver;
import io.fairlead.observe.CallOutcome;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.testkit.Await;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCalls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What observers may add to a call, and what they find in its outcome. */
@Timeout(60)
class ObserverContextTest {
  private static final Context.Key<String> TENANT = Context.key("tenant");

  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final LinkedBlockingQueue<ServerCallOutcome> outcomes = new LinkedBlockingQueue<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();

  /** Adds a header of the caller's to the context, and notes the handler's threads. */
  private final class TenantObserver implements ServerCallObserver {
    @Override
    public Context callContext(String method, Metadata headers, Context context) {
      String tenant = headers.get(Metadata.Key.of("tenant", Metadata.ASCII_STRING_MARSHALLER));
      return context.withValue(TENANT, tenant == null ? "nobody" : tenant);
    }

    @Override
    public @Nullable Runnable handlerEntered() {
      Thread thread = Thread.currentThread();
      heard.add("entered for " + TENANT.get());
      return () -> heard.add("left by " + (thread == Thread.currentThread() ? "it" : "another"));
    }

    @Override
    public void callEnded(ServerCallOutcome outcome) {
      outcomes.add(outcome);
    }
  }

  private ServerCallOutcome next() throws InterruptedException {
    ServerCallOutcome outcome = outcomes.poll(60, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    return outcome;
  }

  private Channel channel(RpcServer server) {
    return running
        .add(RpcChannel.to("127.0.0.1:" + server.port()).build())
        .with(
            CallSettings.builder()
                .header("tenant", "acme")
                .deadline(Duration.ofSeconds(40))
                .build());
  }

  private final EchoAsync handler =
      new EchoAsync() {
        @Override
        public CompletionStage<StringValue> say(StringValue request) {
          heard.add("handled for " + TENANT.get());
          return CompletableFuture.completedStage(request);
        }
      };

  private void assertHeard() {
    assertThat(heard).containsExactly("entered for acme", "handled for acme", "left by it");
  }

  @Test
  void valuesOfAnObserverReachTheHandlerAndTheOutcome() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoRpc.bindAsync(handler))
                .observer(new TenantObserver()));
    EchoRpc.client(channel(server)).say(text("x"));
    ServerCallOutcome outcome = next();
    assertHeard();
    assertThat(TENANT.get(outcome.context())).isEqualTo("acme");
    assertThat(outcome.header("tenant")).contains("acme");
    assertThat(outcome.header("missing")).isEmpty();
    assertThat(outcome.peer().orElseThrow()).isInstanceOf(InetSocketAddress.class);
    assertThat(outcome.deadline().orElseThrow())
        .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(41));
  }

  @Test
  void aBlockingHandlerHasThemOnItsThread() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoRpc.bind(new HoldingHandler(false)))
                .observer(new TenantObserver()));
    EchoRpc.client(channel(server)).say(text("x"));
    next();
    Await.until("the handler's thread leaves", () -> heard.size() >= 2);
    assertThat(heard).containsExactly("entered for acme", "left by it");
  }

  @Test
  void aStockHandlerHasThemEachTimeItGetsAThread() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(
                    io.grpc.ServerServiceDefinition.builder("test.v1.Echo")
                        .addMethod(
                            EchoRpc.SAY.descriptor(),
                            ServerCalls.asyncUnaryCall(
                                (StringValue request,
                                    io.grpc.stub.StreamObserver<StringValue> response) -> {
                                  heard.add("handled for " + TENANT.get());
                                  response.onNext(request);
                                  response.onCompleted();
                                }))
                        .build())
                .observer(new TenantObserver()));
    EchoRpc.client(channel(server)).say(text("x"));
    next();
    // The handler's thread leaves after the end of the call has been told.
    Await.until(
        "the handler's thread leaves",
        () -> heard.lastIndexOf("left by it") > heard.indexOf("handled for acme"));
    assertThat(heard).containsSubsequence("entered for acme", "handled for acme", "left by it");
  }

  @Test
  void aRejectedCallHasThemToo() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoRpc.bindAsync(handler))
                .authorizer(
                    Authorizer.byScopes(call -> new Caller(String.valueOf(TENANT.get()), Set.of())))
                .policy(
                    EchoRpc.SAY.fullName(),
                    io.fairlead.policy.MethodPolicy.builder().authScopes("say").build())
                .observer(new TenantObserver()));
    assertThatThrownBy(() -> EchoRpc.client(channel(server)).say(text("x")))
        .isInstanceOf(StatusRuntimeException.class);
    ServerCallOutcome outcome = next();
    assertThat(outcome.ending()).isEqualTo(ServerCallOutcome.Ending.REJECTED_BY_AUTHORIZER);
    assertThat(outcome.caller()).as("who was denied").contains("acme");
    assertThat(TENANT.get(outcome.context())).isEqualTo("acme");
    assertThat(heard).isEmpty();
  }

  @Test
  void anObserverThatThrowsOrHasNoContextHarmsNobody() throws Exception {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .service(EchoRpc.bindAsync(handler))
                .observer(
                    new ServerCallObserver() {
                      @Override
                      @SuppressWarnings("NullAway") // a mistake that a user may make
                      public Context callContext(String method, Metadata headers, Context context) {
                        return null;
                      }

                      @Override
                      public Runnable handlerEntered() {
                        return () -> {
                          throw new IllegalStateException("a bad observer");
                        };
                      }

                      @Override
                      public void callEnded(ServerCallOutcome outcome) {}
                    })
                .observer(new TenantObserver()));
    assertThat(EchoRpc.client(channel(server)).say(text("x"))).isEqualTo(text("x"));
    next();
    assertHeard();
  }

  /** Makes each call in a context with a tenant. */
  private static final class InTenant implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      Context previous = Context.current().withValue(TENANT, "acme").attach();
      try {
        return next.newCall(method, options);
      } finally {
        Context.current().detach(previous);
      }
    }
  }

  @Test
  void aFailureIsExplainedWithTheRemarksOfObservers() {
    List<CallOutcome> calls = new CopyOnWriteArrayList<>();
    CallObserver tenants =
        new CallObserver() {
          @Override
          public void callEnded(CallOutcome outcome) {
            calls.add(outcome);
          }

          @Override
          public String remark(CallOutcome failure) {
            return "tenant " + TENANT.get(failure.context());
          }
        };
    EchoAsync failing =
        new EchoAsync() {
          @Override
          public CompletionStage<StringValue> say(StringValue request) {
            throw new IllegalStateException("no voice");
          }
        };
    RpcServer server = running.start(RpcServer.builder("echo").service(EchoRpc.bindAsync(failing)));
    RpcChannel channel =
        running.add(
            RpcChannel.to("127.0.0.1:" + server.port())
                .intercept(new InTenant())
                .observer(tenants)
                .build());
    assertThatThrownBy(() -> EchoRpc.client(channel).say(text("x")))
        .satisfies(
            e ->
                assertThat(CallExplanation.of(e).orElseThrow().text())
                    .contains("\n  tenant acme\n  policy:"));
    assertThat(calls)
        .singleElement()
        .satisfies(each -> assertThat(each.rejectedByBreaker()).isFalse());
  }
}
