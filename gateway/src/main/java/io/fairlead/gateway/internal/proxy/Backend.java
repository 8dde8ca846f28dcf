package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import io.fairlead.client.RpcChannel;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One target, and what is known of its contracts. Guarded by the monitor of {@link Backends}. */
final class Backend {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  final String target;
  final ContractSource source;
  final RpcChannel channel;

  /** What the services were made of; a reload that finds the same changes nothing. */
  private List<FileDescriptorProto> files = List.of();

  private List<ServerServiceDefinition> services = List.of();
  private @Nullable String failure;
  private int failures;
  private boolean known;

  Backend(String target, ContractSource source, RpcChannel channel) {
    this.target = target;
    this.source = source;
    this.channel = channel;
  }

  List<ServerServiceDefinition> services() {
    return services;
  }

  /** Whether its contracts were read once. */
  boolean isKnown() {
    return known;
  }

  /** Returns why its contracts could not be read at last; null if they could. */
  @Nullable String failure() {
    return failure;
  }

  boolean holds(List<FileDescriptorProto> found) {
    return known && files.equals(found);
  }

  void replace(List<FileDescriptorProto> found, List<ServerServiceDefinition> made) {
    files = List.copyOf(found);
    services = List.copyOf(made);
    known = true;
  }

  void succeeded() {
    failure = null;
    failures = 0;
  }

  /** Notes a failure; false if the log has heard enough of them: it gets the 1st, 2nd, 4th, 8th. */
  boolean failed(String why) {
    failures++;
    failure = why;
    return Integer.bitCount(failures) == 1;
  }

  /** Returns the time until the contracts are read again: soon after a failure, then less often. */
  Duration pause(Duration reload) {
    if (failures == 0) {
      return reload;
    }
    Duration backoff = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
    return backoff.compareTo(reload) < 0 ? backoff : reload;
  }
}
