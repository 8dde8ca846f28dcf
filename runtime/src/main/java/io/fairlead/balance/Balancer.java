package io.fairlead.balance;

import io.fairlead.internal.ImmutableArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A way to choose endpoints. One instance serves one channel; {@link #picker} is called by one
 * thread at a time, so what lasts from picker to picker may be kept in plain fields.
 */
public interface Balancer {

  /**
   * Makes a picker for a new state of affairs. Pickers are used by many threads, and old ones for a
   * moment longer, so a picker is never changed.
   */
  Picker picker(Candidates candidates);

  /**
   * Returns whether a new picker is wanted about every second, because it depends on live figures.
   */
  default boolean needsPeriodicRefresh() {
    return false;
  }

  /** Chooses. Called for each attempt by any thread: it must not block and should not allocate. */
  @FunctionalInterface
  interface Picker {
    /**
     * Returns one of the usable endpoints for which {@link Pick#allows} is true, or null if there
     * is none.
     */
    @Nullable EndpointView pick(Pick pick);
  }

  /**
   * What a picker may choose from.
   *
   * @param usable connected, healthy, not ejected, not leaving; never empty
   * @param known all that are in the list, whatever their state; changes only with the list
   */
  record Candidates(List<EndpointView> usable, List<EndpointView> known) {
    private static final EndpointView[] NONE = {};

    public Candidates {
      usable = ImmutableArrayList.copyOf(usable, NONE);
      known = ImmutableArrayList.copyOf(known, NONE);
    }
  }
}
