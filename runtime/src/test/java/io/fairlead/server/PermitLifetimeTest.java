package io.fairlead.server;

import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoRpc;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When the permit of a call whose caller has left is released. */
@Timeout(120)
class PermitLifetimeTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  @Test
  void blockingHandlerHoldsItsPermitUntilItReturns() throws Exception {
    HoldingHandler stubborn = new HoldingHandler(true);
    RpcChannel channel = channel(one().service(EchoRpc.bind(stubborn)));
    CompletableFuture<StringValue> call = hold(channel);
    stubborn.awaitHeld(1);
    call.cancel(true);
    // The server knows of the cancellation, and the handler goes on.
    stubborn.awaitInterrupted();
    assertRefused(channel);
    stubborn.letGo();
    awaitPlace(channel);
  }

  @Test
  void stockHandlerHoldsItsPermitUntilItReturns() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    RpcChannel channel =
        channel(
            one()
                .service(
                    EchoMethod.serving(
                        text -> {
                          if (text.equals("hold")) {
                            Context.current()
                                .addListener(ended -> cancelled.countDown(), Runnable::run);
                            began.countDown();
                            await(over);
                          }
                          return text;
                        })));
    Context.CancellableContext caller = Context.current().withCancellation();
    Runnable call =
        () ->
            assertThat(refusal(() -> EchoMethod.say(channel, "hold")))
                .isEqualTo(Status.Code.CANCELLED);
    Thread calling = new Thread(caller.wrap(call));
    calling.start();
    began.await();
    caller.cancel(null);
    calling.join();
    cancelled.await();
    assertThat(refusal(() -> EchoMethod.say(channel, "x")))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    over.countDown();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (refusal(() -> EchoMethod.say(channel, "x")) != Status.Code.OK) {
      assertThat(System.nanoTime() - end).isNegative();
    }
  }

  @Test
  void asyncHandlerReleasesItsPermitWithTheCall() throws Exception {
    Semaphore began = new Semaphore(0);
    EchoAsync never =
        new EchoAsync() {
          @Override
          public CompletionStage<StringValue> say(StringValue request) {
            began.release();
            return request.getValue().equals("x")
                ? CompletableFuture.completedFuture(request)
                : new CompletableFuture<>();
          }
        };
    RpcChannel channel = channel(one().service(EchoRpc.bindAsync(never)));
    CompletableFuture<StringValue> call = hold(channel);
    began.acquire();
    call.cancel(true);
    awaitPlace(channel);
  }

  private static RpcServer.Builder one() {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .limits(limits -> limits.maxConcurrentCalls(1));
  }

  private RpcChannel channel(RpcServer.Builder server) {
    return running.add(RpcChannel.to("127.0.0.1:" + running.start(server).port()).build());
  }

  private static CompletableFuture<StringValue> hold(RpcChannel channel) {
    return EchoRpc.asyncClient(channel).say(text("hold")).toCompletableFuture();
  }

  private static void assertRefused(RpcChannel channel) {
    assertThat(refusal(() -> EchoRpc.client(channel).say(text("x"))))
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  private static void awaitPlace(RpcChannel channel) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (refusal(() -> EchoRpc.client(channel).say(text("x"))) != Status.Code.OK) {
      assertThat(System.nanoTime() - end).isNegative();
    }
  }

  private static Status.Code refusal(Runnable call) {
    try {
      call.run();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
