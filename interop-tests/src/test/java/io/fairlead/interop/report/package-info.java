/**
 * What was found, case by case.
 *
 * <p>Tests say it through {@link io.fairlead.interop.report.Cases}; {@link
 * io.fairlead.interop.report.ReportCheck} runs after all of them and holds {@code REPORT.md} to it.
 */
@NullMarked
package io.fairlead.interop.report;

import org.jspecify.annotations.NullMarked;
