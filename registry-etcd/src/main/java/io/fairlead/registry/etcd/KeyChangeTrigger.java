package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import java.util.List;

/** Runs a task whenever a key may have changed. */
record KeyChangeTrigger(Runnable trigger) implements RangeListener {
  @Override
  public boolean onListed(RangeSnapshot snapshot, boolean revisionWentBack) {
    trigger.run();
    return revisionWentBack;
  }

  @Override
  public void onChanged(List<Event> events, long revision) {
    trigger.run();
  }

  /** The key is verified at each renewal of the lease anyway. */
  @Override
  public void onHistory(List<Event> events) {}

  @Override
  public boolean matches(RangeDigest digest) {
    return true;
  }

  @Override
  public void onConfirmed() {}

  @Override
  public void onUnconfirmed(EtcdException failure) {}
}
