package io.fairlead.client.internal;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.fairlead.internal.executor.HandlerExecutor;
import io.fairlead.internal.executor.TaskCounter;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.Channel;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The threads that a call passes through: every task that any pool of the runtime is given is
 * counted, on both sides.
 */
@Timeout(120)
class ThreadHopsTest {
  private static final int CALLS = 25;
  private static final String SERVER_LOOP = "fairlead-server-loop";
  private static final String CLIENT_LOOP = "fairlead-client-loop";

  /**
   * Tasks that were handed to another thread.
   *
   * @param handlers to the server's threads for handlers
   * @param callbacks to the client's threads for callbacks of others' code
   * @param shared to the threads of those who have none of their own
   */
  private record Hops(long handlers, long callbacks, long shared) {}

  private interface Use {
    void of(Channel channel) throws Exception;
  }

  /** Where code ran, and whether it was called by the very event that brought the bytes. */
  private record Place(String thread, boolean inTheRead) {
    static Place here() {
      return new Place(
          Thread.currentThread().getName(),
          StackWalker.getInstance()
              .walk(frames -> frames.anyMatch(each -> each.getMethodName().equals("channelRead"))));
    }

    boolean isOn(String threads) {
      return thread.startsWith(threads);
    }
  }

  private final SharedClientEventLoops clients = SharedClientEventLoops.acquire();
  private final CompletableFuture<HandlerExecutor> ofServer = new CompletableFuture<>();
  private final List<Place> handled = new ArrayList<>();
  private final CountDownLatch mayAnswer = new CountDownLatch(1);

  @AfterEach
  void release() {
    clients.release();
  }

  /** Its handler tells which threads the server has. */
  private ServerServiceDefinition telling() {
    return ServerInterceptors.intercept(
        ServerServiceDefinition.builder(ScriptedServer.SERVICE)
            .addMethod(
                ScriptedServer.say(MethodPolicy.empty(), true).descriptor(),
                ServerCalls.asyncUnaryCall(
                    (StringValue request, StreamObserver<StringValue> out) -> {
                      out.onNext(request);
                      out.onCompleted();
                    }))
            .build(),
        new ServerInterceptor() {
          @Override
          public <Q, R> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            HandlerExecutor threads = call.getAttributes().get(HandlerExecutor.ATTRIBUTE);
            return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
              @Override
              public void onComplete() {
                super.onComplete();
                ofServer.complete(threads); // its last event, which needs a thread as well
              }
            };
          }
        });
  }

  private Hops hops(ServerServiceDefinition service, Use use) throws Exception {
    try (RpcServer server =
            RpcServer.builder("hops")
                .host("127.0.0.1")
                .service(service)
                .service(telling())
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      // Connects, too.
      ScriptedServer.call(channel, ScriptedServer.say(MethodPolicy.empty(), true), "x");
      HandlerExecutor handlers = ofServer.get(60, TimeUnit.SECONDS);
      HandlerExecutor shared = HandlerExecutor.shared();
      long handlersBefore = TaskCounter.tasks(handlers);
      long sharedBefore = TaskCounter.tasks(shared);
      long callbacksBefore = callbacks();
      use.of(channel);
      return new Hops(
          TaskCounter.between(handlersBefore, TaskCounter.tasks(handlers), handlers),
          callbacks() - callbacksBefore,
          TaskCounter.between(sharedBefore, TaskCounter.tasks(shared), shared));
    }
  }

  private long callbacks() {
    ThreadPoolExecutor pool = (ThreadPoolExecutor) clients.callbacks();
    while (pool.getActiveCount() > 0) {
      Thread.onSpinWait();
    }
    return pool.getTaskCount();
  }

  private synchronized void handled() {
    handled.add(Place.here());
  }

  @Test
  void blockingCallIsOffloadedOnce() throws Exception {
    Thread caller = Thread.currentThread();
    List<Thread> answered = new ArrayList<>();
    Hops hops =
        hops(
            EchoRpc.bind(new Blocking()),
            channel -> {
              Echo echo = EchoRpc.client(channel);
              for (int i = 0; i < CALLS; i++) {
                assertThat(echo.say(text("x"))).isEqualTo(text("x"));
                answered.add(Thread.currentThread());
              }
            });
    assertThat(hops).isEqualTo(new Hops(CALLS, 0, 0));
    assertThat(handled).hasSize(CALLS).allMatch(place -> place.isOn("fairlead-hops-"));
    assertThat(answered).containsOnly(caller);
  }

  @Test
  void everyShapeWithABlockingHandlerIsOffloadedOnce() throws Exception {
    Hops hops =
        hops(
            EchoRpc.bind(new Blocking()),
            channel -> {
              Echo echo = EchoRpc.client(channel);
              for (int i = 0; i < CALLS; i++) {
                assertThat(echo.count(number(3)).toList()).hasSize(3);
                assertThat(echo.sum(Source.of(number(1), number(2)))).isEqualTo(number(3));
                assertThat(echo.chat(Source.of(text("a"), text("b"))).toList()).hasSize(2);
              }
            });
    assertThat(hops).isEqualTo(new Hops(3 * CALLS, 0, 0));
  }

  @Test
  void asyncHandlerIsNotOffloaded() throws Exception {
    Hops hops =
        hops(
            EchoRpc.bindAsync(new Async()),
            channel -> {
              Echo echo = EchoRpc.client(channel);
              for (int i = 0; i < CALLS; i++) {
                assertThat(echo.say(text("x"))).isEqualTo(text("x"));
                assertThat(echo.chat(Source.of(text("a"), text("b"))).toList()).hasSize(2);
              }
            });
    assertThat(hops).isEqualTo(new Hops(0, 0, 0));
    assertThat(handled)
        .hasSize(2 * CALLS)
        .allMatch(place -> place.isOn(SERVER_LOOP) && place.inTheRead());
  }

  @Test
  void asyncCallIsOffloadedOnlyToABlockingHandler() throws Exception {
    List<Place> continued = new ArrayList<>();
    Hops hops =
        hops(
            EchoRpc.bind(new Blocking(mayAnswer)),
            channel -> {
              EchoAsync echo = EchoRpc.asyncClient(channel);
              List<CompletionStage<Void>> all = new ArrayList<>();
              for (int i = 0; i < CALLS; i++) {
                all.add(
                    echo.say(text("x"))
                        .thenAccept(
                            answer -> {
                              synchronized (continued) {
                                continued.add(Place.here());
                              }
                            }));
              }
              mayAnswer.countDown();
              for (CompletionStage<Void> each : all) {
                each.toCompletableFuture().get(60, TimeUnit.SECONDS);
              }
            });
    assertThat(hops).isEqualTo(new Hops(CALLS, 0, 0));
    assertThat(continued)
        .hasSize(CALLS)
        .allMatch(place -> place.isOn(CLIENT_LOOP) && place.inTheRead());
  }

  /** Says where it runs. */
  private final class Blocking implements Echo {
    private final CountDownLatch first;

    Blocking() {
      this(new CountDownLatch(0));
    }

    Blocking(CountDownLatch first) {
      this.first = first;
    }

    @Override
    public StringValue say(StringValue request) {
      handled();
      try {
        first.await();
      } catch (InterruptedException e) {
        throw new AssertionError("nobody cancelled", e);
      }
      return request;
    }

    @Override
    public Source<Int64Value> count(Int64Value request) {
      return Source.of(number(1), number(2), number(3));
    }

    @Override
    public Int64Value sum(Source<Int64Value> requests) {
      return number(requests.toList().stream().mapToLong(Int64Value::getValue).sum());
    }

    @Override
    public Source<StringValue> chat(Source<StringValue> requests) {
      return requests.map(request -> request);
    }
  }

  /** Says where it runs. */
  private final class Async implements EchoAsync {
    @Override
    public CompletionStage<StringValue> say(StringValue request) {
      handled();
      return CompletableFuture.completedFuture(request);
    }

    @Override
    public Flow.Publisher<StringValue> chat(Flow.Publisher<StringValue> requests) {
      handled();
      return requests;
    }
  }
}
