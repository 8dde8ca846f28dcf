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
  void outputIsAscii() {
    assertThat(compile("// Grüße, 世界 \uD83D\uDE00\nservice S { rpc A(Q) returns (Q); }"))
        .isASCII()
        .contains("Gr&#252;&#223;e, &#19990;&#30028; &#128512;");
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
