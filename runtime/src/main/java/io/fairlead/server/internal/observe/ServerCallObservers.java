package io.fairlead.server.internal.observe;

import io.fairlead.internal.executor.EventLoopBlockDetector;
import io.fairlead.internal.executor.LoopActivity;
import io.fairlead.observe.ServerCallObserver;
import io.fairlead.observe.ServerCallOutcome;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Consumer;

/**
 * The observers of a server. One that throws is logged, and harms neither the call nor other
 * observers. They run on the event loop that ended the call, watched by the block detector under
 * their names.
 */
final class ServerCallObservers {
  private static final System.Logger LOG = System.getLogger(ServerCallObservers.class.getName());

  private final List<Named> all;

  /** With what the watch over the event loops calls it. */
  private record Named(ServerCallObserver observer, String name) {}

  ServerCallObservers(List<ServerCallObserver> given) {
    this.all = given.stream().map(each -> new Named(each, "the server observer " + each)).toList();
  }

  void callStarted(String method) {
    notifyEach(observer -> observer.callStarted(method));
  }

  void callEnded(ServerCallOutcome outcome) {
    notifyEach(observer -> observer.callEnded(outcome));
  }

  private void notifyEach(Consumer<ServerCallObserver> news) {
    for (Named each : all) {
      LoopActivity activity = EventLoopBlockDetector.shared().enter(each.name());
      try {
        news.accept(each.observer());
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, each.name() + " failed", e);
      } finally {
        EventLoopBlockDetector.exit(activity);
      }
    }
  }
}
