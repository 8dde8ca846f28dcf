package io.fairlead.scaling;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A history as arrays, in seconds before the present, with sums that make the mean of any window
 * cheap. Samples whose load is unknown are left out of the means.
 */
final class LoadHistory {
  private static final double NANOS = 1e9;

  private final List<LoadSample> samples;

  /** Seconds from the present back to each sample; positive, and falling. */
  private final double[] ages;

  /** Sums over the samples before each one, and how many of them are known. */
  private final double[] offeredSums;

  private final double[] servedSums;
  private final int[] knownCounts;

  LoadHistory(List<LoadSample> history, Instant now, Duration longest) {
    int from = indexFrom(history, now.minus(longest));
    this.samples = history.subList(from, history.size());
    int size = samples.size();
    this.ages = new double[size];
    this.offeredSums = new double[size + 1];
    this.servedSums = new double[size + 1];
    this.knownCounts = new int[size + 1];
    for (int i = 0; i < size; i++) {
      LoadSample sample = samples.get(i);
      Instant at = sample.at();
      ages[i] =
          (now.getEpochSecond() - at.getEpochSecond()) + (now.getNano() - at.getNano()) / NANOS;
      boolean known = isKnown(sample);
      offeredSums[i + 1] = offeredSums[i] + (known ? load(sample) : 0);
      servedSums[i + 1] = servedSums[i] + (known ? served(sample) : 0);
      knownCounts[i + 1] = knownCounts[i] + (known ? 1 : 0);
    }
  }

  private static int indexFrom(List<LoadSample> history, Instant earliest) {
    int low = 0;
    int high = history.size() - 1;
    while (low < high) {
      int middle = (low + high) / 2;
      if (history.get(middle).at().isBefore(earliest)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Whether the load is known, and enough instances reported to tell that of all. */
  static boolean isKnown(LoadSample sample) {
    return sample.offered().isPresent()
        && sample.reporting() >= 0.8 * sample.ready()
        && (sample.ready() == 0 || sample.reporting() > 0);
  }

  /**
   * The load of all ready instances, where those that did not report carry as much as others, and
   * the calls that have no instance.
   */
  static double load(LoadSample sample) {
    return ofAll(sample.offered().orElse(0), sample) + sample.waitingPerSecond();
  }

  /** What all ready instances served, in the same way. */
  static double served(LoadSample sample) {
    return ofAll(sample.served(), sample);
  }

  private static double ofAll(double reported, LoadSample sample) {
    return sample.reporting() == 0 ? reported : reported * sample.ready() / sample.reporting();
  }

  int size() {
    return samples.size();
  }

  LoadSample get(int index) {
    return samples.get(index);
  }

  LoadSample last() {
    return samples.get(samples.size() - 1);
  }

  double age(int index) {
    return ages[index];
  }

  /** How far it goes back, in seconds. */
  double span() {
    return Math.max(0, ages[0]);
  }

  /** The first sample that is younger than this age. */
  int firstWithin(double seconds) {
    int low = 0;
    int high = ages.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ages[middle] < seconds) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Mean load from a sample to before another; 0 if none is known. */
  double meanLoad(int from, int to) {
    int known = knownCounts[to] - knownCounts[from];
    return known == 0 ? 0 : (offeredSums[to] - offeredSums[from]) / known;
  }

  double meanServed(int from, int to) {
    int known = knownCounts[to] - knownCounts[from];
    return known == 0 ? 0 : (servedSums[to] - servedSums[from]) / known;
  }

  /** Mean load of the last seconds. */
  double meanLoad(double seconds) {
    return meanLoad(firstWithin(seconds), size());
  }

  /** The highest mean load of a window of these seconds that ended within the time given. */
  double highestMeanLoad(double window, double within) {
    double highest = 0;
    int from = 0;
    for (int end = firstWithin(within); end < size(); end++) {
      while (ages[from] >= ages[end] + window) {
        from++;
      }
      highest = Math.max(highest, meanLoad(from, end + 1));
    }
    return highest;
  }

  /** The most instances in the last seconds. */
  int mostInstances(double seconds) {
    int most = 0;
    for (int i = firstWithin(seconds); i < size(); i++) {
      most = Math.max(most, samples.get(i).instances());
    }
    return most;
  }

  /** The slope of the load, each second, by least squares; 0 with fewer than three samples. */
  double slope(int from, int to) {
    double n = 0;
    double sumX = 0;
    double sumY = 0;
    double sumXx = 0;
    double sumXy = 0;
    for (int i = from; i < to; i++) {
      if (isKnown(samples.get(i))) {
        double x = -ages[i];
        double y = load(samples.get(i));
        n++;
        sumX += x;
        sumY += y;
        sumXx += x * x;
        sumXy += x * y;
      }
    }
    double spread = n * sumXx - sumX * sumX;
    return n < 3 || spread <= 0 ? 0 : (n * sumXy - sumX * sumY) / spread;
  }
}
