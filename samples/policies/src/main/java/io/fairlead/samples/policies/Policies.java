package io.fairlead.samples.policies;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.policy.CircuitBreakerPolicy;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.samples.policies.shop.Amount;
import io.fairlead.samples.policies.shop.Article;
import io.fairlead.samples.policies.shop.Forecast;
import io.fairlead.samples.policies.shop.ForecastRpc;
import io.fairlead.server.RpcServer;
import java.io.PrintStream;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** Plays five troubles, each without its policy and with it, over loopback. */
final class Policies {
  private static final int CALLS = 100;
  private static final int FEW_CALLS = 40;
  private static final long SLOW_NANOS = 1_000_000_000;
  private static final Article KETTLE = Article.newBuilder().setName("kettle").build();

  private final PrintStream out;

  Policies(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    new Policies(System.out).play();
  }

  void play() throws Exception {
    retry();
    hedging();
    breaker();
    fallback();
    Shedding.play(out);
  }

  /** What a run of calls came to. */
  private record Outcome(int failed, int slow, int served) {}

  private void retry() {
    RetryPolicy retry = RetryPolicy.builder().attempts(3).backoff(Duration.ofMillis(5)).build();
    UnaryOperator<MethodPolicy.Builder> with = policy -> policy.retry(retry);
    out.printf(
        "retry     one call in ten meets an instance that is shutting down: %d of %d calls failed;"
            + " with retry %d%n",
        run(new Flaky(10), CALLS, UnaryOperator.identity()).failed(),
        CALLS,
        run(new Flaky(10), CALLS, with).failed());
  }

  private void hedging() {
    HedgingPolicy hedging =
        HedgingPolicy.builder().attempts(2).delay(Duration.ofMillis(50)).build();
    UnaryOperator<MethodPolicy.Builder> with = policy -> policy.hedging(hedging);
    out.printf(
        "hedging   two calls of %d hang for two seconds: %d calls took over a second;"
            + " with a hedge after 50 ms %d%n",
        FEW_CALLS,
        run(new Hanging(), FEW_CALLS, UnaryOperator.identity()).slow(),
        run(new Hanging(), FEW_CALLS, with).slow());
  }

  private void breaker() {
    CircuitBreakerPolicy breaker =
        CircuitBreakerPolicy.builder().minimumSamples(20).openFor(Duration.ofHours(1)).build();
    out.printf(
        "breaker   a service is down: it is bothered by %d of %d calls; with a breaker by %d%n",
        run(new Flaky(1), CALLS, policy -> policy.breaker(CircuitBreakerPolicy.off())).served(),
        CALLS,
        run(new Flaky(1), CALLS, policy -> policy.breaker(breaker)).served());
  }

  private void fallback() {
    int without = run(new Flaky(1), CALLS, UnaryOperator.identity()).failed();
    try (RpcServer server = serve(new Flaky(1));
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:" + server.port())
                .fallback(
                    ForecastRpc.DEMAND,
                    (article, failure) -> Amount.newBuilder().setPieces(1).build())
                .build()) {
      int with = calls(ForecastRpc.client(channel), CALLS).failed();
      out.printf(
          "fallback  the same: %d of %d calls failed; with a fallback %d, and %d got a guess%n",
          without, CALLS, with, channel.fallbacksServed());
    }
  }

  /** Makes the calls over a channel with the policy. */
  private static Outcome run(
      Counted handler, int count, UnaryOperator<MethodPolicy.Builder> policy) {
    MethodPolicy wanted =
        policy.apply(MethodPolicy.builder().deadline(Duration.ofSeconds(30))).build();
    try (RpcServer server = serve(handler);
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:" + server.port())
                .service(ForecastRpc.service())
                .policy(ForecastRpc.SERVICE_NAME, wanted)
                .build()) {
      Outcome seen = calls(ForecastRpc.client(channel), count);
      return new Outcome(seen.failed(), seen.slow(), handler.calls());
    }
  }

  private static RpcServer serve(Forecast handler) {
    return RpcServer.builder("forecast").port(0).service(ForecastRpc.bind(handler)).start();
  }

  private static Outcome calls(Forecast forecast, int count) {
    int failed = 0;
    int slow = 0;
    for (int i = 0; i < count; i++) {
      long begin = System.nanoTime();
      try {
        Amount unused = forecast.demand(KETTLE);
      } catch (RpcException e) {
        failed++;
      }
      slow += System.nanoTime() - begin > SLOW_NANOS ? 1 : 0;
    }
    return new Outcome(failed, slow, 0);
  }
}
