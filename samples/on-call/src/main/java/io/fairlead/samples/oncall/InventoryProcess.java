package io.fairlead.samples.oncall;

import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.oncall.shop.Inventory;
import io.fairlead.samples.oncall.shop.InventoryRpc;
import io.fairlead.samples.oncall.shop.Reservation;
import io.fairlead.samples.oncall.shop.ReserveRequest;
import io.fairlead.samples.oncall.shop.SuggestRequest;
import io.fairlead.samples.oncall.shop.Suggestions;
import io.fairlead.server.RpcServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.logging.Logger;

/**
 * An instance of the inventory, as its own process: {@code InventoryProcess ID VERSION ETCD_URL}. A
 * line of its standard input says how many milliseconds a read of its disk takes.
 */
final class InventoryProcess implements Inventory {
  private static final Logger LOG = Logger.getLogger("oncall.Disk");
  private static final int SLOW_READ_MILLIS = 200;

  /** How long a suggestion takes, and how many are made at once: at most 30 in a second. */
  private static final int SUGGESTION_MILLIS = 100;

  private static final int SUGGESTIONS_AT_ONCE = 3;

  /** More than come while a busy machine stands still for seconds. */
  private static final int SUGGESTIONS_THAT_WAIT = 60;

  private final String id;
  private final Shelves shelves;
  private volatile int readMillis = 2;

  private InventoryProcess(String id, Shelves shelves) {
    this.id = id;
    this.shelves = shelves;
  }

  @Override
  public Reservation reserve(ReserveRequest request) {
    int millis = readMillis;
    pause(millis);
    if (millis > SLOW_READ_MILLIS) {
      LOG.warning("a read of /dev/sdb took " + millis + " ms");
    }
    return Reservation.newBuilder()
        .setShelf(shelves.of(request.getArticle()))
        .setServedBy(id)
        .build();
  }

  @Override
  public Suggestions suggest(SuggestRequest request) {
    pause(SUGGESTION_MILLIS);
    return Suggestions.newBuilder().addArticles("batteries").build();
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public static void main(String[] args) throws Exception {
    String id = args[0];
    String version = args[1];
    InventoryProcess inventory = new InventoryProcess(id, Shelves.ofVersion(version));
    try (Watched watched = new Watched();
        EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(args[2]).ttl(Duration.ofSeconds(2)).connect();
        RpcServer server =
            watched
                .server("inventory", id, version, registry)
                .service(InventoryRpc.bind(inventory))
                .limits(
                    limits ->
                        limits
                            .maxConcurrentCallsOf(
                                InventoryRpc.SUGGEST.fullName(), SUGGESTIONS_AT_ONCE)
                            .queueLimit(SUGGESTIONS_THAT_WAIT, Duration.ofSeconds(4)))
                .start()) {
      watched.watch(server);
      inventory.readDiskTimes();
    }
  }

  /** Returns when who started this process is gone, so that no process is left alone. */
  private void readDiskTimes() throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      readMillis = Integer.parseInt(line);
    }
  }
}
