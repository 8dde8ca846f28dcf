package io.fairlead.registry.etcd;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
  private @Nullable Requests kept;
  private Loop.Timer next = Loop.Timer.NONE;
  private int failures;

  /**
   * Begins to make attempts when entered.
   *
   * @param kept the requests of the old session, if it may work again with a new token
   */
  LinkDown(Link link, @Nullable Trouble trouble, @Nullable Requests kept) {
    this.link = link;
    this.kept = kept;
    this.backoff = new Backoff(FIRST_PAUSE, link.random());
    if (trouble != null) {
      link.troubled(trouble);
    }
  }

  @Override
  public void enter() {
    attempt();
  }

  private void attempt() {
    next.cancel();
    next = link.loop().schedule(backoff.next(link.pace()), this::attempt);
    Requests requests = kept == null ? link.open() : kept;
    kept = null;
    attempts.add(requests.session());
    Later.on(
        link.loop(),
        probe(requests),
        (done, thrown) -> {
          if (thrown == null) {
            worked(requests);
          } else {
            failed(requests.session(), link.troubleOf(requests.session(), thrown));
          }
        });
  }

  /** A read that needs a majority: an etcd that answers it can do all that we ask. */
  private CompletableFuture<?> probe(Requests requests) {
    Credentials credentials = link.credentials();
    CompletableFuture<?> ready =
        credentials == null
            ? CompletableFuture.completedFuture(null)
            : requests.authenticate(credentials);
    return ready.thenCompose(done -> requests.firstRead(link.probeKey()));
  }

  private void worked(Requests requests) {
    if (attempts.remove(requests.session())) {
      link.become(new LinkUp(link, requests));
      close();
    }
  }

  private void failed(Session session, Trouble trouble) {
    if (!attempts.contains(session)) {
      return;
    }
    if (trouble.kind() == Trouble.Kind.DENIED) {
      // A user that may not read this key was let in, by a majority.
      worked(link.requestsOf(session));
      return;
    }
    attempts.remove(session);
    session.close();
    link.troubled(trouble);
    failures++;
    if (failures < link.endpoints()) {
      attempt();
    }
  }

  @Override
  public void doubt(Session session, Trouble trouble) {
    // The attempts report here too, through their requests; they are judged by their result.
  }

  @Override
  public @Nullable Requests requests() {
    return null;
  }

  @Override
  public void close() {
    next.cancel();
    List<Session> left = List.copyOf(attempts);
    attempts.clear();
    left.forEach(Session::close);
    if (kept != null) {
      kept.session().close();
    }
  }

  @Override
  public String toString() {
    return "down";
  }
}
