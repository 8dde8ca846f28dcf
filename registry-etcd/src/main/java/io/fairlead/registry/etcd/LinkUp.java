package io.fairlead.registry.etcd;

/** A session works, as far as is known. */
final class LinkUp implements LinkState {
  private final Link link;
  private final EtcdClient client;
  private EventLoop.Timer probeTimer = EventLoop.Timer.NONE;

  LinkUp(Link link, EtcdClient client) {
    this.link = link;
    this.client = client;
  }

  @Override
  public void onEnter() {
    Session session = client.session();
    session.whenLost(
        () ->
            link.eventLoop()
                .execute(
                    () ->
                        link.suspect(
                            session,
                            new EtcdException(
                                EtcdException.Kind.UNREACHABLE,
                                "etcd at " + session.endpoint() + " closed the connection"))));
    scheduleProbe();
  }

  /**
   * A connection whose packets vanish looks alive until somebody asks. That is we, not HTTP/2's
   * pings: etcd takes offence at those, and the answer to a read says more.
   */
  private void scheduleProbe() {
    EventLoop eventLoop = link.eventLoop();
    long usual = link.timeouts().probeInterval().toNanos();
    long quiet = eventLoop.nanoTime() - client.lastResponseNanos();
    if (quiet >= usual) {
      // Without an answer in time the session is doubted like after any other request.
      var unused = client.probe(link.probeKey());
    }
    probeTimer = eventLoop.schedule(quiet >= usual ? usual : usual - quiet, this::scheduleProbe);
  }

  @Override
  public void suspect(Session session, EtcdException failure) {
    if (session != client.session()) {
      return;
    }
    probeTimer.cancel();
    if (failure.kind() == EtcdException.Kind.UNAUTHENTICATED) {
      // Only the token is in doubt: streams that run on the session may go on.
      link.become(new LinkDown(link, failure, client));
    } else {
      link.become(new LinkDown(link, failure, null));
      session.close();
    }
  }

  @Override
  public EtcdClient client() {
    return client;
  }

  @Override
  public void close() {
    probeTimer.cancel();
    client.session().close();
  }

  @Override
  public String toString() {
    return "up (" + client.session().endpoint() + ")";
  }
}
