package io.fairlead.server.internal.observe;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.lifecycle.ServerState;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import io.fairlead.observe.internal.ObserverHooks;
import io.grpc.Context;
import io.grpc.Metadata;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The observers of a server. One that throws is logged, and harms neither the call nor other
 * observers. They run on the event loop that ended the call, watched by the block detector under
 * their names.
 */
public final class ServerCallObservers {
  private static final System.Logger LOG = System.getLogger(ServerCallObservers.class.getName());

  private final Named[] all;

  // Those that have the hook; an event of each call is not told to who inherits the empty one.
  private final Named[] hearStarts;
  private final Named[] giveContexts;
  private final Named[] hearHandlers;

  /** With what the watch over the event loops calls it. */
  private record Named(ServerCallObserver observer, String name) {
    @Nullable LoopActivity enter() {
      return EventLoopBlockDetector.shared().enter(name);
    }

    void failed(RuntimeException e) {
      LOG.log(Level.WARNING, name + " failed", e);
    }

    boolean has(String hook, Class<?>... parameters) {
      return ObserverHooks.overrides(observer, ServerCallObserver.class, hook, parameters);
    }
  }

  /** Makes one of what a server was given. */
  public ServerCallObservers(List<ServerCallObserver> given) {
    this.all =
        given.stream()
            .map(each -> new Named(each, "the server observer " + each))
            .toArray(Named[]::new);
    this.hearStarts = only(each -> each.has("callStarted", String.class));
    this.giveContexts =
        only(each -> each.has("callContext", String.class, Metadata.class, Context.class));
    this.hearHandlers = only(each -> each.has("handlerEntered"));
  }

  private Named[] only(Predicate<Named> wanted) {
    return Arrays.stream(all).filter(wanted).toArray(Named[]::new);
  }

  void callStarted(String method) {
    notifyEach(hearStarts, ServerCallObserver::callStarted, method);
  }

  void callEnded(ServerCallOutcome outcome) {
    notifyEach(all, ServerCallObserver::callEnded, outcome);
  }

  /** Tells them where a server stands now. */
  public void stateChanged(String server, ServerState state) {
    notifyEach(all, (observer, of) -> observer.stateChanged(of, state), server);
  }

  /** Returns the context with what each of them adds. */
  Context callContext(String method, Metadata headers, Context given) {
    Context context = given;
    for (Named each : giveContexts) {
      LoopActivity activity = each.enter();
      try {
        context =
            Objects.requireNonNull(
                each.observer().callContext(method, headers, context), "callContext(...)");
      } catch (RuntimeException e) {
        each.failed(e);
      } finally {
        EventLoopBlockDetector.exit(activity);
      }
    }
    return context;
  }

  /** Tells them that the handler is about to run; returns what runs after it, or null. */
  @Nullable Runnable handlerEntered() {
    Runnable leave = null;
    for (Named each : hearHandlers) {
      Runnable own = null;
      LoopActivity activity = each.enter();
      try {
        own = each.observer().handlerEntered();
      } catch (RuntimeException e) {
        each.failed(e);
      } finally {
        EventLoopBlockDetector.exit(activity);
      }
      if (own != null) {
        leave = both(each, own, leave);
      }
    }
    return leave;
  }

  private static Runnable both(Named each, Runnable own, @Nullable Runnable others) {
    return () -> {
      tell(each, (observer, run) -> run.run(), own);
      if (others != null) {
        others.run();
      }
    };
  }

  private static <T> void notifyEach(Named[] to, BiConsumer<ServerCallObserver, T> news, T value) {
    for (Named each : to) {
      tell(each, news, value);
    }
  }

  /** The value is an argument, so that no object is made to carry it. */
  private static <T> void tell(Named each, BiConsumer<ServerCallObserver, T> news, T value) {
    LoopActivity activity = each.enter();
    try {
      news.accept(each.observer(), value);
    } catch (RuntimeException e) {
      each.failed(e);
    } finally {
      EventLoopBlockDetector.exit(activity);
    }
  }
}
