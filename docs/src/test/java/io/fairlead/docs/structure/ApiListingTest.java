package io.fairlead.docs.structure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ApiListingTest {
  @Test
  void eachKindOfTypeAndMemberIsListed() {
    CodeBase code = new CodeBase().add("fixture", PackageRulesTest.fixturePath("listing"));
    assertThat(ApiListing.of(code, any -> true))
        .isEqualTo(
            """
            5 public types, 1 of them top-level, in 1 package

            package PKG: 5 types

            public sealed interface Shape<T extends @Nullable Object> extends Comparable<Shape<T>> permits Shape.Circle, Shape.Open, ...
              String NAME = "a \\"shape\\""
              static Shape<?> of(Duration wait)
              default <K extends Comparable<K> & Runnable> @Nullable List<? super K> several(@Nullable Map.Entry<K, ? extends Number> entry, byte @Nullable []... bytes)
              T value() throws java.io.IOException

            public static final class Shape.Builder implements Supplier<@Nullable String>
              public @Nullable String get()
              public Shape.Builder with(@Nullable String value)

            public record Shape.Circle<T extends @Nullable Object>(T value, @Nullable String name) implements Shape<T>
              public Circle(T value)
              public int area()
              public int compareTo(Shape<T> other)

            public enum Shape.Colour implements Runnable
              RED
              BLUE
              public void run()

            public abstract static non-sealed class Shape.Open implements Shape<String>
              public static final long LIMIT = 5
              public static final Object MADE
              public static final boolean ON = true
              protected int count
              protected Open(int count)
              @Deprecated protected abstract void draw()
              public final void last()
            """
                .replace("PKG", PackageRulesTest.HERE + "listing"));
  }

  @Test
  void aDifferenceIsShownBelowTheHeadOfItsType() {
    String before =
        """
        class A
          int a()
          int b()

        class B
          int c()
        """;
    String after =
        """
        class A
          int a()
          long b()

        class B
          int c()

        class C
          int d()
        """;
    assertThat(LineDiff.of(before, after))
        .isEqualTo(
            """
              class A
            -   int b()
            +   long b()
            + class C
            +   int d()""");
  }
}
