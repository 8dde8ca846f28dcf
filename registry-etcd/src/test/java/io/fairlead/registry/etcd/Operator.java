package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What an operator does with etcdctl. */
final class Operator implements AutoCloseable {
  private static final String ROOT = "root";
  private static final String FILLER = "filler";

  private final Client client;

  private Operator(Client client) {
    this.client = client;
  }

  static Operator at(String endpoint) {
    return new Operator(Client.builder().endpoints(endpoint).build());
  }

  /** One that logs in. */
  static Operator rootAt(String endpoint, String password) {
    return new Operator(
        Client.builder().endpoints(endpoint).user(bytes(ROOT)).password(bytes(password)).build());
  }

  void put(String key, String value) {
    get(client.getKVClient().put(bytes(key), bytes(value)));
  }

  /** Changes the value of a key, and leaves it on its lease. */
  void putOnItsLease(String key, String value) {
    long lease = get(client.getKVClient().get(bytes(key))).getKvs().get(0).getLease();
    PutOption option = PutOption.builder().withLeaseId(lease).build();
    get(client.getKVClient().put(bytes(key), bytes(value), option));
  }

  /** Writes until etcd has no space left. */
  void fill() {
    String much = "x".repeat(100_000);
    for (int i = 0; i < 1000; i++) {
      try {
        client.getKVClient().put(bytes(FILLER + i), bytes(much)).get(30, TimeUnit.SECONDS);
      } catch (ExecutionException full) {
        assertThat(full).hasMessageContaining("database space exceeded");
        return;
      } catch (InterruptedException | TimeoutException e) {
        throw new AssertionError("the operator's request failed", e);
      }
    }
    throw new AssertionError("there is no quota");
  }

  /** Gives the space of {@link #fill} back, in the order in which it is documented. */
  void makeSpace(String endpoint) {
    DeleteOption all = DeleteOption.builder().isPrefix(true).build();
    long revision = get(client.getKVClient().delete(bytes(FILLER), all)).getHeader().getRevision();
    get(client.getKVClient().compact(revision));
    get(client.getMaintenanceClient().defragmentMember(endpoint));
    get(client.getMaintenanceClient().listAlarms())
        .getAlarms()
        .forEach(alarm -> get(client.getMaintenanceClient().alarmDisarm(alarm)));
  }

  void delete(String key) {
    get(client.getKVClient().delete(bytes(key)));
  }

  /** The value of a key, or an empty text. */
  String get(String key) {
    List<KeyValue> found = get(client.getKVClient().get(bytes(key))).getKvs();
    return found.isEmpty() ? "" : found.get(0).getValue().toString(StandardCharsets.UTF_8);
  }

  /** The leases that keys hang on. */
  List<Long> leases() {
    ByteSequence first = ByteSequence.from(new byte[1]);
    return get(client.getKVClient().get(first, GetOption.builder().withRange(first).build()))
        .getKvs()
        .stream()
        .map(KeyValue::getLease)
        .filter(id -> id != 0)
        .distinct()
        .toList();
  }

  void revoke(long lease) {
    get(client.getLeaseClient().revoke(lease));
  }

  /** Forgets all history. */
  void compact() {
    // A revision can be compacted once only.
    long revision =
        get(client.getKVClient().put(bytes("unrelated"), bytes(""))).getHeader().getRevision();
    get(client.getKVClient().compact(revision));
  }

  /** From now on one must log in; only as root. */
  void enableAuthentication(String password) {
    get(client.getAuthClient().userAdd(bytes(ROOT), bytes(password)));
    get(client.getAuthClient().userGrantRole(bytes(ROOT), bytes(ROOT)));
    get(client.getAuthClient().authEnable());
  }

  void disableAuthentication() {
    get(client.getAuthClient().authDisable());
  }

  void changePassword(String password) {
    get(client.getAuthClient().userChangePassword(bytes(ROOT), bytes(password)));
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the operator's request failed", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
