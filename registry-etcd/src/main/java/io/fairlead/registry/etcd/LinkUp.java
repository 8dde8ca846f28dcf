package io.fairlead.registry.etcd;

/** A session works, as far as is known. */
final class LinkUp implements LinkState {
  private final Link link;
  private final Requests requests;

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
                                session.endpoint() + " closed the connection"))));
  }

  @Override
  public void doubt(Session session, Trouble trouble) {
    if (session != requests.session()) {
      return;
    }
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
    requests.session().close();
  }

  @Override
  public String toString() {
    return "up (" + requests.session().endpoint() + ")";
  }
}
