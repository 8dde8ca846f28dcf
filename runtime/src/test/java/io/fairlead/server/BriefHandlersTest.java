package io.fairlead.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoAsync;
import io.fairlead.contract.EchoLoopback;
import io.fairlead.contract.EchoRpc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Calls whose handlers are brief share threads, and one that is not still harms no other. */
@Timeout(120)
class BriefHandlersTest {
  @RegisterExtension final RunningServerExtension running = new RunningServerExtension();

  private final CountDownLatch lastHasCome = new CountDownLatch(1);

  private final class WaitingForLast implements Echo {
    @Override
    public StringValue say(StringValue request) {
      if (request.getValue().startsWith("waits")) {
        try {
          lastHasCome.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException("the caller gave up", e);
        }
      } else if (request.getValue().equals("last")) {
        lastHasCome.countDown();
      }
      return request;
    }
  }

  @Test
  void callsThatWaitForOneBehindThemAreAnswered() {
    RpcServer server =
        running.start(
            RpcServer.builder("echo")
                .host("127.0.0.1")
                .service(EchoRpc.bind(new WaitingForLast())));
    RpcChannel channel = running.add(RpcChannel.to("127.0.0.1:" + server.port()).build());
    EchoAsync echo = EchoRpc.asyncClient(channel);
    for (int round = 0; round < 40; round++) {
      List<String> brief = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        brief.add("brief " + round + "." + i);
      }
      assertAnswered(echo, brief);
    }
    List<String> mixed = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      mixed.add(i % 10 == 0 ? "waits " + i : "brief " + i);
    }
    mixed.add("last");
    assertAnswered(echo, mixed);
  }

  /** Makes all calls at once, and compares each response with its request. */
  private static void assertAnswered(EchoAsync echo, List<String> texts) {
    List<CompletableFuture<StringValue>> calls = new ArrayList<>();
    for (String text : texts) {
      CompletionStage<StringValue> call = echo.say(EchoLoopback.text(text));
      calls.add(call.toCompletableFuture());
    }
    List<String> responses = calls.stream().map(call -> call.join().getValue()).toList();
    assertThat(responses).isEqualTo(texts);
  }
}
