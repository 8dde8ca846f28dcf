package io.fairlead.registry.etcd;

/** How a key stands that we want to hold. */
sealed interface KeyState {

  /**
   * Not in etcd, as far as we know.
   *
   * @param lost whether it was there before
   */
  record Absent(boolean lost, String why) implements KeyState {}

  /**
   * In etcd, ours.
   *
   * @param createRevision tells this holding from all earlier and later ones
   */
  record Owned(long createRevision, long modRevision) implements KeyState {
    static KeyState of(KeyRecord found) {
      return new Owned(found.createRevision(), found.modRevision());
    }
  }

  /** In etcd, but put there by somebody else. */
  record Foreign(KeyRecord found) implements KeyState {}

  /** Left to a later registration of this same process. */
  record Yielded() implements KeyState {}

  /** Taken out on purpose. */
  record Removed() implements KeyState {}
}
