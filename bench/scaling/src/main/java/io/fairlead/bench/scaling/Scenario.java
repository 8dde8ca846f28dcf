package io.fairlead.bench.scaling;

import java.util.SplittableRandom;

/** What happens to a service: an hour each, a day for the day. Seeds move the moments a little. */
enum Scenario {
  STEP("step ×3") {
    @Override
    Course course(SplittableRandom random) {
      return step(random, 30);
    }
  },
  STEP_FAST("step ×3, start 5 s") {
    @Override
    Course course(SplittableRandom random) {
      return step(random, 5);
    }
  },
  STEP_SLOW("step ×3, start 90 s") {
    @Override
    Course course(SplittableRandom random) {
      return step(random, 90);
    }
  },
  RAMP("ramp up and down") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 200);
      int begin = 500 + random.nextInt(100);
      Course.ramp(course.rate, begin, begin + 1200, 200, 600);
      Course.set(course.rate, begin + 1200, begin + 1800, 600);
      Course.ramp(course.rate, begin + 1800, HOUR, 600, 200);
      return course;
    }
  },
  DAY("a day") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(24 * HOUR, 10, 30, 100);
      for (int t = 0; t < 24 * HOUR; t++) {
        course.rate[Course.WARM_UP + t] = 350 - 250 * StrictMath.cos(2 * Math.PI * t / (24 * HOUR));
      }
      return course;
    }
  },
  SPIKE("spike of 30 s") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 200);
      int begin = 1200 + random.nextInt(600);
      Course.set(course.rate, begin, begin + 30, 600);
      course.jump(begin);
      return course;
    }
  },
  SQUARE("square wave of 300 s") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      int shift = random.nextInt(300);
      for (int t = 0; t < course.seconds; t++) {
        course.rate[t] = (t + shift) / 150 % 2 == 0 ? 300 : 240;
      }
      return course;
    }
  },
  BURSTY("bursty") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 200);
      boolean high = false;
      for (int t = 0; t < HOUR; t++) {
        if (random.nextInt(120) == 0) {
          high = !high;
          if (high) {
            course.jump(t);
          }
        }
        course.rate[Course.WARM_UP + t] = high ? 280 : 200;
      }
      return course;
    }
  },
  DEATHS("instances die") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      for (int at = 300; at < HOUR; at += 600) {
        course.dies(at + random.nextInt(200), 1);
      }
      return course;
    }
  },
  ZONE_LOST("a zone of three is lost") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      course.dies(1200 + random.nextInt(600), -1);
      return course;
    }
  },
  SLOW_DEPENDENCY("a dependency is 5× slower") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      int begin = 1000 + random.nextInt(300);
      Course.set(course.latency, begin, begin + 1200, 5);
      return course;
    }
  },
  MISSING("3 of 10 reports are missing") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      int begin = 1000 + random.nextInt(300);
      Course.set(course.reporting, begin, begin + 900, 0.7);
      return course;
    }
  },
  REGISTRY_AWAY("the registry is away, one dies") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      int begin = 1000 + random.nextInt(300);
      course.unknown(begin, begin + 120);
      course.dies(begin + 30, 1);
      return course;
    }
  },
  MIXED("calls become dearer") {
    @Override
    Course course(SplittableRandom random) {
      Course course = new Course(HOUR, 2, 30, 300);
      int begin = 500 + random.nextInt(300);
      Course.ramp(course.cost, begin, begin + 600, 1, 1.6);
      Course.set(course.cost, begin + 600, begin + 1500, 1.6);
      Course.ramp(course.cost, begin + 1500, begin + 2100, 1.6, 1);
      return course;
    }
  };

  private static final int HOUR = 3600;

  private final String text;

  Scenario(String text) {
    this.text = text;
  }

  abstract Course course(SplittableRandom random);

  private static Course step(SplittableRandom random, int startSeconds) {
    Course course = new Course(HOUR, 2, startSeconds, 200);
    int begin = 600 + random.nextInt(60);
    Course.set(course.rate, begin, begin + 1800, 600);
    course.jump(begin);
    return course;
  }

  @Override
  public String toString() {
    return text;
  }
}
