package io.fairlead.telemetry;

import io.fairlead.client.RpcChannel;
import io.grpc.ConnectivityState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The channels whose state is shown. Each has a number among those to its target, from 1 on, which
 * it keeps until it is closed; a later one may have it then. So there are as many numbers as
 * channels were open at once.
 */
final class WatchedChannels {
  /** Guarded by this. */
  private final Map<RpcChannel, Integer> numbers = new LinkedHashMap<>();

  synchronized void add(RpcChannel channel) {
    // Those that nobody collects must not stay for ever.
    removeClosed();
    numbers.computeIfAbsent(channel, this::freeNumber);
  }

  private int freeNumber(RpcChannel channel) {
    String target = CanonicalTargets.of(channel.target());
    Set<Integer> taken =
        numbers.entrySet().stream()
            .filter(each -> CanonicalTargets.of(each.getKey().target()).equals(target))
            .map(Map.Entry::getValue)
            .collect(Collectors.toSet());
    int number = 1;
    while (taken.contains(number)) {
      number++;
    }
    return number;
  }

  private void removeClosed() {
    numbers.keySet().removeIf(each -> each.state() == ConnectivityState.SHUTDOWN);
  }

  /** Returns those that are not closed, with their numbers. */
  synchronized Map<RpcChannel, Integer> open() {
    removeClosed();
    return new LinkedHashMap<>(numbers);
  }
}
