package io.fairlead.registry.etcd;

import org.jspecify.annotations.Nullable;

/** Where the link to etcd stands. Methods are called on the loop. */
sealed interface LinkState permits LinkUp, LinkDown {

  /** Called once, when the state has become the link's state. */
  void onEnter();

  /** Someone has reason to doubt the session. */
  void suspect(Session session, EtcdException failure);

  /** Leaves the connections that were made with files that were replaced. */
  void replaceConnection();

  /** Returns the client of the session that works, if one does. */
  @Nullable EtcdClient client();

  /** Ends whatever the state holds. */
  void close();
}
