package io.fairlead.registry.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.discovery.Watch;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Consumer;

/** An observer that can be closed: no notice begins once that has returned. */
final class Subscriber<T> implements Watch {
  private static final Logger LOG = System.getLogger(Subscriber.class.getName());

  private final Consumer<? super T> observer;
  private final Consumer<Subscriber<T>> onClose;

  @GuardedBy("this")
  private boolean closed;

  Subscriber(Consumer<? super T> observer, Consumer<Subscriber<T>> onClose) {
    this.observer = observer;
    this.onClose = onClose;
  }

  /** The lock is held while the observer runs, so that close waits for a notice under way. */
  synchronized void publish(T news) {
    if (closed) {
      return;
    }
    try {
      observer.accept(news);
    } catch (RuntimeException e) {
      // One bad observer must not cost the others their news.
      LOG.log(Level.ERROR, "an observer of the etcd registry failed on " + news, e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    onClose.accept(this);
  }
}
