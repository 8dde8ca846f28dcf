/** Events through a broker: how they are sent, and how they are taken in. */
@NullMarked
package io.fairlead.samples.aiplatform.events;

import org.jspecify.annotations.NullMarked;
