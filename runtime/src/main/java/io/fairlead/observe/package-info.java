/** What is told about calls: their story, their outcomes, the names of their metrics. */
@NullMarked
package io.fairlead.observe;

import org.jspecify.annotations.NullMarked;
