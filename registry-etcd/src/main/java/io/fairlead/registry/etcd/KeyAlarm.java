package io.fairlead.registry.etcd;

import io.etcd.jetcd.api.Event;
import java.util.List;

/** Raises an alarm whenever a key may have changed. */
record KeyAlarm(Runnable alarm) implements Following {
  @Override
  public boolean listed(Listing listing, boolean revisionWentBack) {
    alarm.run();
    return revisionWentBack;
  }

  @Override
  public void changed(List<Event> events, long revision) {
    alarm.run();
  }

  /** Its owner looks at each tick of the lease anyway. */
  @Override
  public void history(List<Event> events) {}

  @Override
  public boolean agrees(Audit audit) {
    return true;
  }

  @Override
  public void confirmed() {}

  @Override
  public void silent(Trouble trouble) {}
}
