/** What became of calls: outcomes, explanations and the names of metrics. */
@NullMarked
package io.fairlead.observe;

import org.jspecify.annotations.NullMarked;
