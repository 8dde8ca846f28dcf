package io.fairlead.registry.etcd;

/** A session works, as far as is known. */
final class LinkUp implements LinkState {
  private final Link link;
  private final EtcdClient client;
  private EventLoop.Timer probeTimer = EventLoop.Timer.NONE;
  private EventLoop.Timer compareTimer = EventLoop.Timer.NONE;
  private boolean over;

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
    compare();
  }

  /** Looks whether all endpoints are of one cluster, until every one of them has answered once. */
  private void compare() {
    Futures.whenComplete(
        link.eventLoop(),
        link.learnClusters(),
        (done, thrown) -> {
          if (over) {
            return;
          }
          EtcdException other = link.otherCluster(client.session());
          if (other != null) {
            link.suspect(client.session(), other);
          } else if (link.clustersUnknown()) {
            compareTimer =
                link.eventLoop()
                    .schedule(
                        Jitter.scaled(link.random(), link.timeouts().verifyInterval(), 0.75, 1.25),
                        this::compare);
          }
        });
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
    stop();
    if (failure.kind() == EtcdException.Kind.UNAUTHENTICATED) {
      // Only the token is in doubt: streams that run on the session may go on.
      link.become(new LinkDown(link, failure, client));
    } else {
      link.become(new LinkDown(link, failure, null));
      session.close();
    }
  }

  @Override
  public void replaceConnection() {
    Session session = client.session();
    suspect(
        session,
        new EtcdException(
            EtcdException.Kind.UNREACHABLE,
            "the connection to etcd at " + session.endpoint() + " is replaced, for new TLS files"));
  }

  @Override
  public EtcdClient client() {
    return client;
  }

  private void stop() {
    over = true;
    probeTimer.cancel();
    compareTimer.cancel();
  }

  @Override
  public void close() {
    stop();
    client.session().close();
  }

  @Override
  public String toString() {
    return "up (" + client.session().endpoint() + ")";
  }
}
