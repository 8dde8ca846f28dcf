package io.fairlead.registry.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.discovery.Address;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration.State;
import io.fairlead.discovery.Watch;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link SingletonWorker} in one of the processes that take part, as long as etcd says that
 * it is this one. The leader stands in etcd as the only endpoint of a service, so that others find
 * its address there.
 *
 * <p>Never two terms at once in one process; a process that gives its term up, or leaves, lets the
 * worker end before another one can begin. A process that is paused or cut off cannot do that: its
 * worker may still run for a moment when the next leader begins. See {@link Leadership}.
 *
 * <p>Whoever started it closes it, before the registry.
 */
public final class LeaderElection implements AutoCloseable {
  /** The id under which every candidate stands. */
  static final String ID = "leader";

  private static final Logger LOG = System.getLogger(LeaderElection.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(10);

  private final EtcdRegistry registry;
  private final Link link;
  private final String name;
  private final Endpoint candidate;
  private final SingletonWorker worker;
  private final Thread thread;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private @Nullable Term term;

  @GuardedBy("lock")
  private boolean rested;

  @GuardedBy("lock")
  private boolean closed;

  private record Term(ExclusiveRegistration seat, long fencingToken) implements Leadership {
    @Override
    public boolean holds() {
      return seat.fencingToken().orElse(0) == fencingToken;
    }
  }

  private LeaderElection(
      EtcdRegistry registry, Link link, String name, Endpoint candidate, SingletonWorker worker) {
    this.registry = registry;
    this.link = link;
    this.name = name;
    this.candidate = candidate;
    this.worker = worker;
    this.thread = new Thread(this::campaign, "fairlead-leader-" + name);
    thread.setDaemon(true);
  }

  static LeaderElection start(
      EtcdRegistry registry, Link link, String name, Address address, SingletonWorker worker) {
    Endpoint candidate = Endpoint.builder(ID).addresses(address).build();
    LeaderElection election = new LeaderElection(registry, link, name, candidate, worker);
    election.thread.start();
    return election;
  }

  /** Returns the term of this process, while it is the leader. */
  public Optional<Leadership> leadership() {
    synchronized (lock) {
      return Optional.<Leadership>ofNullable(term).filter(Leadership::holds);
    }
  }

  private void campaign() {
    while (!over()) {
      try (ExclusiveRegistration seat = registry.registerExclusively(name, candidate)) {
        serve(seat);
      } catch (IllegalStateException e) {
        if (!registry.closing()) {
          throw e;
        }
      }
      rest();
    }
  }

  private boolean over() {
    synchronized (lock) {
      return closed || registry.closing();
    }
  }

  /** Term after term, until one is given up. A term that etcd took is no reason to leave. */
  private void serve(ExclusiveRegistration seat) {
    Watch news = seat.watch(status -> changed());
    try {
      for (Term next = awaitTerm(seat); next != null; next = awaitTerm(seat)) {
        work(next);
        if (next.holds()) {
          return;
        }
        LOG.log(Level.WARNING, "{0}: term {1} was lost", this, next.fencingToken());
      }
    } finally {
      news.close();
    }
  }

  private @Nullable Term awaitTerm(ExclusiveRegistration seat) {
    synchronized (lock) {
      try {
        while (!closed && seat.status().state() != State.CLOSED) {
          long token = seat.fencingToken().orElse(0);
          if (token != 0) {
            term = new Term(seat, token);
            return term;
          }
          lock.wait();
        }
      } catch (InterruptedException e) {
        stranger();
      }
      return null;
    }
  }

  private void work(Term present) {
    LOG.log(Level.INFO, "{0}: this process leads, term {1}", this, present.fencingToken());
    try {
      worker.run(present);
      LOG.log(Level.INFO, "{0}: term {1}: the worker returned", this, present.fencingToken());
    } catch (InterruptedException asTold) {
      LOG.log(Level.INFO, "{0}: term {1}: the worker stopped", this, present.fencingToken());
    } catch (Exception | Error e) {
      LOG.log(Level.ERROR, this + ": term " + present.fencingToken() + ": the worker failed", e);
    } finally {
      synchronized (lock) {
        term = null;
        // Meant for the worker; who leaves the name must not be disturbed by it.
        var unused = Thread.interrupted();
      }
    }
  }

  /** On the registry's thread. */
  private void changed() {
    synchronized (lock) {
      if (term != null && !term.holds()) {
        thread.interrupt();
      }
      lock.notifyAll();
    }
  }

  /** Lets others have the name first. */
  private void rest() {
    link.eventLoop()
        .execute(
            () ->
                link.eventLoop()
                    .schedule(Jitter.scaled(link.random(), PAUSE, 0.5, 1.5), this::wake));
    synchronized (lock) {
      rested = false;
      try {
        while (!rested && !over()) {
          lock.wait();
        }
      } catch (InterruptedException e) {
        stranger();
      }
    }
  }

  private void wake() {
    synchronized (lock) {
      rested = true;
      lock.notifyAll();
    }
  }

  /** We interrupt the worker alone. Whoever else does it wants an end. */
  @GuardedBy("lock")
  private void stranger() {
    closed = true;
  }

  /**
   * Interrupts the worker, waits until it has returned, for at most 10s, and leaves the name then.
   * A worker that does not return keeps the name.
   */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      if (term != null) {
        thread.interrupt();
      }
      lock.notifyAll();
    }
    if (Thread.currentThread() == thread || link.eventLoop().inLoop()) {
      return;
    }
    try {
      thread.join(CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.log(Level.WARNING, "{0}: the worker still runs, and keeps the name", this);
    }
  }

  @Override
  public String toString() {
    return "leader election " + name;
  }
}
