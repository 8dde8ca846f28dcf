package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a contract says in comments, as Javadoc. */
class CommentsTest {
  @TempDir Path folder;

  private String compile(String text) {
    return Project.of(folder, "syntax = \"proto3\"; package shop; message Q {}\n" + text)
        .compile()
        .file("shop/S.java");
  }

  @Test
  void leadingCommentsElseTrailingOnes() {
    assertThat(
            compile(
                """
                // Before the service.
                service S { // After its brace.
                  // Before A.
                  rpc A(Q) returns (Q); // After A.
                  rpc B(Q) returns (Q); // After B.
                }
                """))
        .contains(" * Before the service.\n", "/** Before A. */", "/** After B. */")
        .doesNotContain("After A", "After its brace");
  }

  @Test
  void whatMeansSomethingToJavadocOrToTheCompilerIsEscaped() {
    assertThat(
            compile(
                """
                // Ends */ and begins /* and \\u000a and \\user, @deprecated {@code x} <b> & "quotes".
                service S {
                  // *
                  //
                  // / and * /* /** **/ //
                  rpc A(Q) returns (Q);
                }
                """))
        .contains(
            "Ends *&#47; and begins /&#42; and &#92;u000a and &#92;user, &#64;deprecated {&#64;code x} &lt;b&gt; &amp; \"quotes\".");
  }

  @Test
  void lettersOfAllLanguagesStayReadable() {
    assertThat(
            compile(
                "// Grüße, привет, 世界, می\u200cخواهم \uD83D\uDE00\nservice S { rpc A(Q) returns (Q); }"))
        .contains(" * Grüße, привет, 世界, می\u200cخواهم \uD83D\uDE00\n");
  }

  @Test
  void whatTurnsTheDirectionOfCodeIsEscaped() {
    assertThat(compile("// A \u202e turned \u2066.\nservice S { rpc A(Q) returns (Q); }"))
        .contains(" * A &#8238; turned &#8294;.\n");
  }

  @Test
  void theStarsOfBlockCommentsAreNotText() {
    String code =
        compile(
            """
            /**
             * One.
             *
             * Two.
             */
            service S {
              /** Short. */
              rpc A(Q) returns (Q);
              /****************
               * Banner.
               ****************/
              rpc B(Q) returns (Q);
              /* Plain. */
              rpc C(Q) returns (Q);
            }
            """);
    assertThat(code)
        .contains(" * One.\n *\n * <p>Two.\n", "/** Short. */", "Banner.\n", "/** Plain. */")
        .doesNotContain("* * ", "**/");
  }

  @Test
  void listsStayLists() {
    assertThat(
            compile(
                """
                // Kinds:
                // - small, which
                //   go on
                // - large:
                //   1. heavy
                //   2. wide
                //
                //   Both cost more.
                //
                // * other
                //
                // The end, as of
                // 2026. It was good.
                // + no 1 + 1
                service S { rpc A(Q) returns (Q); }
                """))
        .contains(
            """
             * Kinds:
             *
             * <ul>
             *   <li>small, which
             *       go on
             *   <li>large:
             *   <ol>
             *     <li>heavy
             *     <li>wide
             *   </ol>
             *   <p>Both cost more.
             *   <li>other
             * </ul>
             *
             * <p>The end, as of
             * 2026. It was good.
             *
             * <ul>
             *   <li>no 1 + 1
             * </ul>
             *
             * <p>Implement it
            """
                .stripTrailing());
  }

  @Test
  void codeKeepsItsLinesAndItsIndentation() {
    assertThat(
            compile(
                """
                // Call it:
                //
                // ```java
                // if (x < 1) {
                //   call("/*");
                //
                // }
                // ```
                // Names:
                //
                //     projects/{id}
                //       tasks/*
                //
                //     users/{id}
                // End.
                service S { rpc A(Q) returns (Q); }
                """))
        .contains(
            """
             * Call it:
             *
             * <pre>
             * if (x &lt; 1) {
             *   call("/&#42;");
             *
             * }
             * </pre>
             *
             * <p>Names:
             *
             * <pre>
             * projects/{id}
             *   tasks/&#42;
             *
             * users/{id}
             * </pre>
             *
             * <p>End.
            """);
  }

  @Test
  void aFenceThatNobodyClosesEndsWithTheComment() {
    assertThat(compile("// A.\n// ~~~\n// b\nservice S { rpc A(Q) returns (Q); }"))
        .contains(" * <pre>\n * b\n * </pre>\n *\n * <p>Implement it");
  }

  @Test
  void javadocItselfHasNothingToSayAboutTheMarkup() throws Exception {
    Project.Compiled code =
        Project.of(
                folder,
                """
                syntax = "proto3"; package shop; message Q {}
                // - a
                //   ```
                //   x
                //   ```
                // - b
                //
                //   c
                //
                //       d
                //   1) e
                //
                // f
                // ***
                service S {
                  // ```
                  // only code @x {y
                  // ```
                  rpc A(Q) returns (Q);
                  //
                  // {@link Foo} <b> && "x" 'y' *
                  rpc B(Q) returns (Q);
                }
                """)
            .compile();
    assertThat(Javac.doclint(folder, code)).isEmpty();
  }

  @Test
  void paragraphsStayParagraphs() {
    assertThat(
            compile("// One\n// still one.\n//\n//\n// Two.\nservice S { rpc A(Q) returns (Q); }"))
        .contains(" * One\n * still one.\n *\n * <p>Two.\n *\n * <p>Implement it");
  }

  @Test
  void commentsOfOtherElementsAreNotTaken() {
    assertThat(
            compile(
                """
                // Detached.

                service Other {
                  // Other A.
                  rpc A(Q) returns (Q);
                }
                service S {
                  rpc A(Q) returns (Q) {
                    // In the options.
                    option deprecated = true;
                  }
                  rpc B(Q) returns (Q);
                }
                """))
        .doesNotContain("Other", "Detached", "options");
  }
}
