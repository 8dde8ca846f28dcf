package io.fairlead.console;

import io.fairlead.CallSettings;
import io.fairlead.admin.v1.AdminAsync;
import io.fairlead.admin.v1.AdminRpc;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.grpc.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Channels to the admin services of processes, by address. Safe for use by many threads. */
final class Processes implements AutoCloseable {
  private final Function<String, RpcChannel.Builder> builders;
  private final Predicate<String> trusted;

  /** Guarded by the monitor, as is {@link #closed}. */
  private final Map<String, RpcChannel> channels = new HashMap<>();

  private boolean closed;

  /**
   * @param trusted the addresses that may be called, and so get the tokens of viewers
   */
  Processes(Function<String, RpcChannel.Builder> builders, Predicate<String> trusted) {
    this.builders = builders;
    this.trusted = trusted;
  }

  /**
   * What a process answered, or why it did not.
   *
   * @param value null if there is a problem
   * @param problem null if there is a value
   */
  record Answer<T>(String address, @Nullable T value, @Nullable Problem problem) {}

  /**
   * Returns a client of the admin service at an address.
   *
   * @param limit for a whole call; null for a stream without an end
   * @throws IllegalArgumentException if the address, or the viewer's header, cannot be used
   */
  AdminAsync admin(String address, Viewer viewer, @Nullable Duration limit) {
    return AdminRpc.asyncClient(channel(address, viewer, limit, Map.of()));
  }

  /**
   * Returns a channel to a process, for calls on behalf of a viewer.
   *
   * @param headers of each call; one of them may take the place of the viewer's own
   * @throws IllegalArgumentException if the address is not trusted, or a header cannot be used
   */
  Channel channel(
      String address, Viewer viewer, @Nullable Duration limit, Map<String, String> headers) {
    if (!trusted.test(address)) {
      throw new IllegalArgumentException(
          "it is not among the addresses that this console trusts, so it gets no call and no token;"
              + " trust(...) names them");
    }
    CallSettings.Builder settings = CallSettings.builder();
    boolean own = headers.keySet().stream().anyMatch("authorization"::equalsIgnoreCase);
    if (!own && !viewer.authorization().isEmpty()) {
      settings.header("authorization", viewer.authorization());
    }
    headers.forEach(settings::header);
    if (limit != null) {
      settings.deadline(limit);
    }
    return channel(address).with(settings.build());
  }

  private synchronized RpcChannel channel(String address) {
    if (closed) {
      throw new IllegalStateException("the console is closed");
    }
    return channels.computeIfAbsent(
        address,
        to ->
            builders
                .apply(to)
                .userAgent("fairlead-console")
                // Also to a server whose health says that it takes no calls.
                .balancing(BalancingOptions.builder().withoutHealth().build())
                .build());
  }

  /** Asks processes at the same time. Those that fail, or take longer, have a problem. */
  <T> List<Answer<T>> ask(
      Collection<String> addresses,
      Viewer viewer,
      Duration limit,
      Function<AdminAsync, CompletionStage<T>> question) {
    Map<String, CompletableFuture<T>> asked = new LinkedHashMap<>();
    for (String address : addresses) {
      asked.put(address, ask(address, viewer, limit, question));
    }
    long end = System.nanoTime() + limit.plusMillis(200).toNanos();
    List<Answer<T>> answers = new ArrayList<>();
    asked.forEach((address, answer) -> answers.add(await(address, answer, end)));
    return answers;
  }

  private static <T> Answer<T> await(String address, CompletableFuture<T> asked, long end) {
    try {
      T value = asked.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      return new Answer<>(address, value, null);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return new Answer<>(address, null, Problem.of(address, cause));
    } catch (TimeoutException e) {
      return new Answer<>(address, null, Problem.of(address, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer<>(address, null, new Problem(503, "the console is being closed"));
    }
  }

  /** Asks one process; what goes wrong before the call is a failure as any other. */
  <T> CompletableFuture<T> ask(
      String address,
      Viewer viewer,
      Duration limit,
      Function<AdminAsync, CompletionStage<T>> question) {
    try {
      return question.apply(admin(address, viewer, limit)).toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Closes the channels to processes that have gone. */
  void retain(Set<String> addresses) {
    List<RpcChannel> gone = new ArrayList<>();
    synchronized (this) {
      channels
          .entrySet()
          .removeIf(
              each -> {
                boolean over = !addresses.contains(each.getKey());
                if (over) {
                  gone.add(each.getValue());
                }
                return over;
              });
    }
    gone.forEach(RpcChannel::close);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    retain(Set.of());
  }
}
