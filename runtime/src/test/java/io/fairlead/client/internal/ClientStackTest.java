package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientStackTest {
  private static String stack(MethodContract<StringValue, StringValue> method) {
    try (OpenStack stack = new OpenStack("127.0.0.1:1", channelConfig -> {})) {
      String text = stack.newCall(method.descriptor(), CallOptions.DEFAULT).toString();
      return text.substring(text.indexOf("delivery"), text.lastIndexOf(" -> "));
    }
  }

  @Test
  void onlyTheLayersThatAMethodNeedsAreInItsStack() {
    MethodPolicy.Builder bare = MethodPolicy.builder().breaker(CircuitBreakerPolicy.off());
    assertThat(stack(ScriptedServer.say(bare.build(), true)))
        .isEqualTo("delivery -> observe -> message size limit -> attempts");
    assertThat(
            stack(
                ScriptedServer.say(
                    MethodPolicy.builder().deadline(Duration.ofSeconds(1)).build(), true)))
        .isEqualTo(
            "delivery -> observe -> deadline -> message size limit -> method breaker -> attempts");
    HedgingPolicy hedging = HedgingPolicy.builder().delay(Duration.ofSeconds(1)).build();
    assertThat(stack(ScriptedServer.say(bare.hedging(hedging).build(), true)))
        .endsWith("-> hedged attempts");
    assertThat(stack(ScriptedServer.watch(MethodPolicy.empty())))
        .endsWith("-> attempts of a stream");
  }

  @Test
  void channelNamesTheLayersOfTheMethodsThatItKnows() {
    MethodContract<StringValue, StringValue> say = ScriptedServer.say(MethodPolicy.empty(), true);
    try (RpcChannel channel =
        RpcChannel.to("127.0.0.1:1").fallback(say, (request, failure) -> request).build()) {
      ClientCall<StringValue, StringValue> call =
          channel.newCall(say.descriptor(), CallOptions.DEFAULT);
      assertThat(channel.toString())
          .contains("/Say=delivery -> fallback -> observe -> ")
          .contains("attempts} -> ");
      call.cancel("not needed", null);
    }
  }

  @Test
  void callsThatAreCancelledBeforeTheirStartEndWhenTheyAreStarted() {
    List<Status> ends = new ArrayList<>();
    try (OpenStack stack = new OpenStack("127.0.0.1:1", channelConfig -> {})) {
      for (MethodContract<StringValue, StringValue> method :
          List.of(
              ScriptedServer.say(MethodPolicy.empty(), true),
              ScriptedServer.watch(MethodPolicy.empty()))) {
        ClientCall<StringValue, StringValue> call =
            stack.newCall(method.descriptor(), CallOptions.DEFAULT.withExecutor(Runnable::run));
        call.cancel("not needed", null);
        assertThat(ends).isEmpty();
        call.start(
            new ClientCall.Listener<>() {
              @Override
              public void onClose(Status status, Metadata trailers) {
                ends.add(status);
              }
            },
            new Metadata());
        assertThat(ends)
            .singleElement()
            .satisfies(
                status -> {
                  assertThat(status.getCode()).isEqualTo(Status.Code.CANCELLED);
                  assertThat(status.getDescription()).startsWith("not needed");
                });
        ends.clear();
      }
    }
  }

  @Test
  void refusedCallIsHeardOfAboveTheLayerThatRefusedIt() {
    List<String> heard = new ArrayList<>();
    ClientLayer top = layer("top", heard, false);
    top.above(layer("gate", heard, true)).above(layer("below", heard, false));
    top.begin(new NoCall());
    assertThat(heard).containsExactly("top lets through", "gate refuses", "top hears UNAVAILABLE");
  }

  private static ClientLayer layer(String name, List<String> heard, boolean refuses) {
    return new ClientLayer() {
      @Override
      void begin(LayeredCall call) {
        heard.add(name + (refuses ? " refuses" : " lets through"));
        if (refuses) {
          refuse(call, CallEnd.refused(Status.UNAVAILABLE, false));
        } else {
          super.begin(call);
        }
      }

      @Override
      void ended(LayeredCall call, CallEnd end) {
        heard.add(name + " hears " + end.status().getCode());
      }

      @Override
      public String toString() {
        return name;
      }
    };
  }

  /** A call that only refusals reach. */
  private static final class NoCall implements LayeredCall {
    @Override
    public CallOptions options() {
      return CallOptions.DEFAULT;
    }

    @Override
    public @Nullable Deadline deadline() {
      return null;
    }

    @Override
    public Context context() {
      return Context.ROOT;
    }

    @Override
    public long startedNanos() {
      return 0;
    }

    @Override
    public Object request() {
      return "";
    }

    @Override
    public Object response() {
      return "";
    }

    @Override
    public boolean hasListener() {
      return true;
    }

    @Override
    public void beginAttempts(AttemptTracer first) {
      throw new AssertionError("no layer may let it through");
    }

    @Override
    public void refused(Runnable tell) {
      tell.run();
    }

    @Override
    public void deliver(Status status, Metadata trailers) {}

    @Override
    public void deliverInstead(Object response) {}
  }
}
