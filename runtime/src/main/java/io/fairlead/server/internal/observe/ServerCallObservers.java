package io.fairlead.server.internal.observe;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.grpc.Context;
import io.grpc.Metadata;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The observers of a server. One that throws is logged, and harms neither the call nor other
 * observers. They run on the event loop that ended the call, watched by the block detector under
 * their names.
 */
public final class ServerCallObservers {
  private static final System.Logger LOG = System.getLogger(ServerCallObservers.class.getName());

  private final List<Named> all;

  /** With what the watch over the event loops calls it. */
  private record Named(ServerCallObserver observer, String name) {}

  /** Makes one of what a server was given. */
  public ServerCallObservers(List<ServerCallObserver> given) {
    this.all = given.stream().map(each -> new Named(each, "the server observer " + each)).toList();
  }

  void callStarted(String method) {
    notifyEach(observer -> observer.callStarted(method));
  }

  void callEnded(ServerCallOutcome outcome) {
    notifyEach(observer -> observer.callEnded(outcome));
  }

  /** Tells them where a server stands now. */
  public void stateChanged(String server, ServerState state) {
    notifyEach(observer -> observer.stateChanged(server, state));
  }

  /** Returns the context with what each of them adds. */
  Context callContext(String method, Metadata headers, Context given) {
    Context context = given;
    for (Named each : all) {
      Context before = context;
      Context after =
          ask(
              each,
              observer ->
                  Objects.requireNonNull(
                      observer.callContext(method, headers, before), "callContext(...)"));
      context = after == null ? before : after;
    }
    return context;
  }

  /** Tells them that the handler is about to run; returns what runs after it, or null. */
  @Nullable Runnable handlerEntered() {
    Runnable leave = null;
    for (Named each : all) {
      Runnable own = ask(each, ServerCallObserver::handlerEntered);
      if (own != null) {
        Runnable others = leave;
        leave =
            () -> {
              tell(each, observer -> own.run());
              if (others != null) {
                others.run();
              }
            };
      }
    }
    return leave;
  }

  private void notifyEach(Consumer<ServerCallObserver> news) {
    for (Named each : all) {
      tell(each, news);
    }
  }

  private static void tell(Named each, Consumer<ServerCallObserver> news) {
    LoopActivity activity = EventLoopBlockDetector.shared().enter(each.name());
    try {
      news.accept(each.observer());
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, each.name() + " failed", e);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }

  /** Returns its answer; null if it failed, or has none. */
  private static <T> @Nullable T ask(
      Named each, Function<ServerCallObserver, ? extends @Nullable T> question) {
    LoopActivity activity = EventLoopBlockDetector.shared().enter(each.name());
    try {
      return question.apply(each.observer());
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, each.name() + " failed", e);
      return null;
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }
}
