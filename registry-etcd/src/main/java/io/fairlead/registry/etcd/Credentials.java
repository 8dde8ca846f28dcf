package io.fairlead.registry.etcd;

import java.util.Objects;

/** A user of etcd. */
record Credentials(String user, String password) {
  Credentials {
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(password, "password");
    if (user.isBlank()) {
      throw new IllegalArgumentException("etcd user is blank; leave it out for none");
    }
  }

  @Override
  public String toString() {
    return "user " + user;
  }
}
