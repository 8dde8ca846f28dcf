package io.fairlead.registry.etcd;

/** A session works, as far as is known. */
final class LinkUp implements LinkState {
  private final Link link;
  private final Requests requests;
  private Loop.Timer pulse = Loop.Timer.NONE;

  LinkUp(Link link, Requests requests) {
    this.link = link;
    this.requests = requests;
  }

  @Override
  public void enter() {
    Session session = requests.session();
    session.whenLost(
        () ->
            link.loop()
                .execute(
                    () ->
                        link.doubt(
                            session,
                            new Trouble(
                                Trouble.Kind.UNREACHABLE,
                                "etcd at " + session.endpoint() + " closed the connection"))));
    awaitPulse();
  }

  /**
   * A connection whose packets vanish looks alive until somebody asks. That is we, not HTTP/2's
   * pings: etcd takes offence at those, and the answer to a read says more.
   */
  private void awaitPulse() {
    Loop loop = link.loop();
    long usual = link.timing().pulse().toNanos();
    long quiet = loop.nanoTime() - requests.heardNanos();
    if (quiet >= usual) {
      // Without an answer in time the session is doubted like after any other request.
      var unused = requests.signOfLife(link.probeKey());
    }
    pulse = loop.schedule(quiet >= usual ? usual : usual - quiet, this::awaitPulse);
  }

  @Override
  public void doubt(Session session, Trouble trouble) {
    if (session != requests.session()) {
      return;
    }
    pulse.cancel();
    if (trouble.kind() == Trouble.Kind.UNAUTHENTICATED) {
      // Only the token is in doubt: streams that run on the session may go on.
      link.become(new LinkDown(link, trouble, requests));
    } else {
      link.become(new LinkDown(link, trouble, null));
      session.close();
    }
  }

  @Override
  public Requests requests() {
    return requests;
  }

  @Override
  public void close() {
    pulse.cancel();
    requests.session().close();
  }

  @Override
  public String toString() {
    return "up (" + requests.session().endpoint() + ")";
  }
}
