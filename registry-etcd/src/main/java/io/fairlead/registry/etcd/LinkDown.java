package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * No session works. Attempts are made one endpoint after the other, at a pace that an attempt
 * without an answer does not hold up; the first that is answered wins.
 */
final class LinkDown implements LinkState {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final Link link;
  private final List<Session> attempts = new ArrayList<>();
  private final Backoff backoff;
  private final boolean first;
  private @Nullable EtcdClient kept;
  private EventLoop.Timer next = EventLoop.Timer.NONE;
  private int failures;

  /**
   * Begins to make attempts when entered.
   *
   * @param kept the client of the old session, if it may work again with a new token
   */
  LinkDown(Link link, @Nullable EtcdException failure, @Nullable EtcdClient kept) {
    this.link = link;
    this.kept = kept;
    this.first = failure == null;
    this.backoff = new Backoff(FIRST_PAUSE, link.random());
    if (failure != null) {
      link.recordFailure(failure);
    }
  }

  @Override
  public void onEnter() {
    attempt();
  }

  private void attempt() {
    next.cancel();
    next = link.eventLoop().schedule(backoff.next(link.nextBackoff()), this::attempt);
    EtcdClient client = kept == null ? link.open() : kept;
    kept = null;
    attempts.add(client.session());
    Futures.whenComplete(
        link.eventLoop(),
        link.prove(client),
        (done, thrown) -> {
          EtcdException failure = thrown == null ? null : link.failureOf(client.session(), thrown);
          // A user that may not read this key was let in, by a majority.
          if (failure == null || failure.kind() == EtcdException.Kind.DENIED) {
            compare(client);
          } else {
            failed(client.session(), failure);
          }
        });
  }

  /**
   * Before etcd is used for the first time, the other endpoints say which cluster is theirs. One
   * that is silent is waited for until etcd would count as stale. Later that is done while the link
   * is up.
   */
  private void compare(EtcdClient client) {
    // Another attempt has won, or the link is closed: nobody would end what begins here.
    if (!attempts.contains(client.session())) {
      return;
    }
    if (!first) {
      judge(client);
      return;
    }
    EventLoop.Timer bound =
        link.eventLoop().schedule(link.timeouts().staleAfter().toNanos(), () -> judge(client));
    Futures.whenComplete(
        link.eventLoop(),
        link.learnClusters(),
        (done, thrown) -> {
          bound.cancel();
          judge(client);
        });
  }

  private void judge(EtcdClient client) {
    EtcdException other = link.otherCluster(client.session());
    if (other == null) {
      worked(client);
    } else {
      failed(client.session(), other);
    }
  }

  private void worked(EtcdClient client) {
    if (attempts.remove(client.session())) {
      link.become(new LinkUp(link, client));
      close();
    }
  }

  private void failed(Session session, EtcdException failure) {
    if (!attempts.contains(session)) {
      return;
    }
    attempts.remove(session);
    session.close();
    link.recordFailure(failure);
    failures++;
    if (failures < link.endpoints()) {
      attempt();
    }
  }

  @Override
  public void suspect(Session session, EtcdException failure) {
    // The attempts report here too, through their requests; they are judged by their result.
  }

  /** An attempt may have shown the old certificate already, and would be used for long. */
  @Override
  public void replaceConnection() {
    endAttempts();
    attempt();
  }

  @Override
  public @Nullable EtcdClient client() {
    return null;
  }

  @Override
  public void close() {
    next.cancel();
    endAttempts();
    if (kept != null) {
      kept.session().close();
    }
  }

  private void endAttempts() {
    List<Session> left = List.copyOf(attempts);
    attempts.clear();
    left.forEach(Session::close);
  }

  @Override
  public String toString() {
    return "down";
  }
}
