package io.fairlead.bench.registry;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Writes entries as a stock server in Go does, straight to etcd. */
final class Filler implements AutoCloseable {
  /** etcd takes at most 128 in one transaction. */
  private static final int BATCH = 100;

  private final Client client;
  private final KV keys;

  Filler(String endpoint) {
    client = Client.builder().endpoints(endpoint).build();
    keys = client.getKVClient();
  }

  void fill(String service, int count) {
    for (int from = 0; from < count; from += BATCH) {
      Op[] puts = new Op[Math.min(BATCH, count - from)];
      for (int i = 0; i < puts.length; i++) {
        puts[i] = Op.put(key(service, from + i), value(from + i, 0), PutOption.builder().build());
      }
      keys.txn().Then(puts).commit().join();
    }
  }

  /** Writes one instance anew, at another port; etcd's revision after it. */
  CompletableFuture<Long> change(String service, int instance, int number) {
    return keys.put(key(service, instance), value(instance, number))
        .thenApply(answer -> answer.getHeader().getRevision());
  }

  /** Address by id, as etcd has them now. */
  Map<String, String> stored(String service) {
    ByteSequence prefix = bytes(service + "/");
    Map<String, String> addresses = new HashMap<>();
    keys.get(prefix, GetOption.builder().isPrefix(true).build())
        .join()
        .getKvs()
        .forEach(
            kv -> {
              String key = kv.getKey().toString(StandardCharsets.UTF_8);
              String value = kv.getValue().toString(StandardCharsets.UTF_8);
              addresses.put(key.substring(key.indexOf('/') + 1), value.split("\"", -1)[5]);
            });
    return addresses;
  }

  static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static ByteSequence key(String service, int instance) {
    return bytes(service + "/i" + instance);
  }

  static ByteSequence value(int instance, int number) {
    int port = 1024 + number % 60_000;
    return bytes(
        "{\"Op\":0,\"Addr\":\"10."
            + (instance >> 16)
            + "."
            + (instance >> 8 & 255)
            + "."
            + (instance & 255)
            + ":"
            + port
            + "\",\"Metadata\":null}");
  }

  @Override
  public void close() {
    client.close();
  }
}
