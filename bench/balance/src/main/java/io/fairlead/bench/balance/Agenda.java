package io.fairlead.bench.balance;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Calls by the time at which a worker is done with them: a heap. */
final class Agenda {
  private long[] times = new long[1024];
  private @Nullable Call[] calls = new Call[1024];
  private int size;

  void add(long at, Call call) {
    if (size == times.length) {
      times = Arrays.copyOf(times, size * 2);
      calls = Arrays.copyOf(calls, size * 2);
    }
    int place = size++;
    while (place > 0 && times[(place - 1) / 2] > at) {
      times[place] = times[(place - 1) / 2];
      calls[place] = calls[(place - 1) / 2];
      place = (place - 1) / 2;
    }
    times[place] = at;
    calls[place] = call;
  }

  /** When the next one is due; the end of time if there is none. */
  long next() {
    return size == 0 ? Long.MAX_VALUE : times[0];
  }

  @Nullable Call remove() {
    if (size == 0) {
      return null;
    }
    Call first = calls[0];
    size--;
    long at = times[size];
    Call call = calls[size];
    calls[size] = null;
    int place = 0;
    while (place * 2 + 1 < size) {
      int child = place * 2 + 1;
      if (child + 1 < size && times[child + 1] < times[child]) {
        child++;
      }
      if (times[child] >= at) {
        break;
      }
      times[place] = times[child];
      calls[place] = calls[child];
      place = child;
    }
    if (size > 0) {
      times[place] = at;
      calls[place] = call;
    }
    return first;
  }
}
