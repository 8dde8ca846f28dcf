package io.fairlead.samples.policies;

import io.fairlead.RpcException;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.policies.shop.Amount;
import io.fairlead.samples.policies.shop.Article;
import io.fairlead.samples.policies.shop.PlainShop;
import io.fairlead.samples.policies.shop.PlainShopRpc;
import io.fairlead.samples.policies.shop.RankedShop;
import io.fairlead.samples.policies.shop.RankedShopRpc;
import io.fairlead.server.RpcServer;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** More long reports come to a server than it takes calls at a time, and then one payment. */
final class Shedding {
  private static final int MAX_CALLS = 10;
  private static final int REPORTS = 12;

  /** Counted down by each report that has begun or was refused. */
  private final CountDownLatch came = new CountDownLatch(REPORTS);

  private final CountDownLatch reportsMayEnd = new CountDownLatch(1);
  private final AtomicInteger refused = new AtomicInteger();

  /** The two calls of a shop. */
  private record Shop(Function<Article, Amount> report, Function<Article, Amount> pay) {}

  private Shedding() {}

  static void play(PrintStream out) throws InterruptedException {
    out.printf(
        "shedding  %d long reports and then a payment come to a server with a limit of %d calls:"
            + " %s; with priorities %s%n",
        REPORTS, MAX_CALLS, plain(), ranked());
  }

  private static String plain() throws InterruptedException {
    Shedding scene = new Shedding();
    PlainShop handler =
        new PlainShop() {
          @Override
          public Amount report(Article article) {
            return scene.longReport();
          }

          @Override
          public Amount pay(Article article) {
            return Amount.getDefaultInstance();
          }
        };
    return scene.run(
        PlainShopRpc.bind(handler),
        channel -> {
          PlainShop shop = PlainShopRpc.client(channel);
          return new Shop(shop::report, shop::pay);
        });
  }

  private static String ranked() throws InterruptedException {
    Shedding scene = new Shedding();
    RankedShop handler =
        new RankedShop() {
          @Override
          public Amount report(Article article) {
            return scene.longReport();
          }

          @Override
          public Amount pay(Article article) {
            return Amount.getDefaultInstance();
          }
        };
    return scene.run(
        RankedShopRpc.bind(handler),
        channel -> {
          RankedShop shop = RankedShopRpc.client(channel);
          return new Shop(shop::report, shop::pay);
        });
  }

  private Amount longReport() {
    came.countDown();
    try {
      reportsMayEnd.await();
    } catch (InterruptedException e) {
      throw Status.CANCELLED.asRuntimeException();
    }
    return Amount.getDefaultInstance();
  }

  private String run(ServerServiceDefinition service, Function<RpcChannel, Shop> client)
      throws InterruptedException {
    ExecutorService callers = Executors.newFixedThreadPool(REPORTS);
    try (RpcServer server =
            RpcServer.builder("shop")
                .port(0)
                .service(service)
                .limits(limits -> limits.maxConcurrentCalls(MAX_CALLS))
                .start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      Shop shop = client.apply(channel);
      for (int i = 0; i < REPORTS; i++) {
        callers.execute(() -> askForReport(shop));
      }
      came.await();
      String payment = answered(shop.pay()) ? "answered" : "refused";
      reportsMayEnd.countDown();
      callers.shutdown();
      boolean unused = callers.awaitTermination(1, TimeUnit.MINUTES);
      return "%d reports refused, the payment %s".formatted(refused.get(), payment);
    } finally {
      reportsMayEnd.countDown();
      callers.shutdown();
    }
  }

  private void askForReport(Shop shop) {
    if (!answered(shop.report())) {
      refused.incrementAndGet();
      came.countDown();
    }
  }

  private static boolean answered(Function<Article, Amount> call) {
    try {
      Amount unused = call.apply(Article.getDefaultInstance());
      return true;
    } catch (RpcException e) {
      return false;
    }
  }
}
