package io.fairlead.samples.sharedcache;

import io.fairlead.client.RpcChannel;
import io.fairlead.samples.sharedcache.catalog.Catalog;
import io.fairlead.samples.sharedcache.catalog.CatalogAsync;
import io.fairlead.samples.sharedcache.catalog.CatalogRpc;
import io.fairlead.samples.sharedcache.catalog.GetItemRequest;
import io.fairlead.samples.sharedcache.catalog.Item;
import io.fairlead.server.RpcServer;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Two processes share responses through Redis, and go on without it. */
final class SharedCache {
  private static final int EQUAL_CALLS = 1_000;
  private static final int OTHER_CALLS = 100;
  private static final int ROUNDS = 20;

  /** Above the second for which a channel leaves a store alone. */
  private static final int PAUSE_MILLIS = 1_100;

  private final AtomicInteger reached = new AtomicInteger();
  private final PrintStream out;

  private SharedCache(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    play(System.out);
  }

  static void play(PrintStream out) throws Exception {
    new SharedCache(out).play();
  }

  private void play() throws Exception {
    try (Redis redis = Redis.start();
        RedisStore firstStore = new RedisStore(redis.address(), "sample:");
        RedisStore secondStore = new RedisStore(redis.address(), "sample:");
        RpcServer server =
            RpcServer.builder("catalog").port(0).service(CatalogRpc.bind(new Items())).start();
        RpcChannel first = channel(server, firstStore);
        RpcChannel second = channel(server, secondStore)) {
      share(first, second);
      redis.pause();
      out.println(line("while Redis is paused", call(first, OTHER_CALLS, "paused-%d")));
      redis.resume();
      redis.kill();
      out.println(line("after Redis is killed", call(second, OTHER_CALLS, "killed-%d")));
    }
  }

  /** Two channels in one JVM are two processes, as far as the cache is concerned. */
  private static RpcChannel channel(RpcServer server, RedisStore store) {
    return RpcChannel.to("127.0.0.1:" + server.port()).responseStore(store).build();
  }

  /** The service, which counts its calls. */
  private final class Items implements Catalog {
    @Override
    public Item getItem(GetItemRequest request) {
      reached.incrementAndGet();
      return Item.newBuilder()
          .setSku(request.getSku())
          .setTitle("All about " + request.getSku())
          .build();
    }
  }

  /**
   * Lets one process ask, then the other. On a machine that is busy, a store may answer too late
   * and is then left alone for a second; so another item is taken until all was in time.
   */
  private void share(RpcChannel first, RpcChannel second) throws InterruptedException {
    for (int round = 1; ; round++) {
      String sku = "kettle-" + round;
      Result one = call(first, EQUAL_CALLS, sku);
      Thread.sleep(PAUSE_MILLIS); // the response goes to Redis when the callers have it already
      Result other = call(second, EQUAL_CALLS, sku);
      if (other.reached() == 0 || round == ROUNDS) {
        out.println(line("the first process", one));
        out.println(line("the second process", other));
        return;
      }
    }
  }

  private record Result(int calls, int failed, int reached) {}

  /** Makes calls at the same time, and counts those that fail and those that reach the server. */
  private Result call(RpcChannel channel, int calls, String sku) {
    int before = reached.get();
    CatalogAsync catalog = CatalogRpc.asyncClient(channel);
    List<CompletableFuture<Item>> items = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      GetItemRequest request = GetItemRequest.newBuilder().setSku(sku.formatted(i)).build();
      items.add(catalog.getItem(request).toCompletableFuture());
    }
    int failed = 0;
    for (CompletableFuture<Item> each : items) {
      try {
        each.join();
      } catch (CompletionException e) {
        out.println(e.getCause());
        failed++;
      }
    }
    return new Result(calls, failed, reached.get() - before);
  }

  private static String line(String who, Result result) {
    return "%-22s %4d calls, %d failed, %3d reached the server"
        .formatted(who, result.calls(), result.failed(), result.reached());
  }
}
