package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.Event;
import io.fairlead.etcd.embedded.api.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/** Cuts a large watch response between its events; every part but the last says that more comes. */
final class Fragments {
  private Fragments() {}

  static List<WatchResponse> split(WatchResponse whole, int maxBytes) {
    if (whole.getSerializedSize() < maxBytes || whole.getEventsCount() < 2) {
      return List.of(whole);
    }
    List<WatchResponse> parts = new ArrayList<>();
    WatchResponse.Builder part = whole.toBuilder().clearEvents().setFragment(true);
    int emptyBytes = part.buildPartial().getSerializedSize();
    int bytes = emptyBytes;
    for (Event event : whole.getEventsList()) {
      int more = WatchResponse.newBuilder().addEvents(event).build().getSerializedSize();
      if (part.getEventsCount() > 0 && bytes + more >= maxBytes) {
        parts.add(part.build());
        part.clearEvents();
        bytes = emptyBytes;
      }
      part.addEvents(event);
      bytes += more;
    }
    parts.add(part.setFragment(false).build());
    return parts;
  }
}
