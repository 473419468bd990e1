/*
 * Given names and words for person.c, hand-written: common in the United
 * States and in Spanish-speaking families.  Names that are mostly words or
 * places (Will, May, Hope, Austin, Madison) are left out.
 */
#ifndef CHAPERONE_ENTITY_NAMES_H
#define CHAPERONE_ENTITY_NAMES_H

#define CH_GIVEN_NAMES                                                         \
    "aaron|abigail|abraham|adam|adrian|adriana|agnes|aisha|alan|albert|"       \
    "alberto|alejandra|alejandro|alex|alexander|alexandra|alfred|alfredo|"     \
    "alice|alicia|alison|allison|alma|amanda|amber|amelia|amy|ana|andre|"      \
    "andrea|andres|andrew|andy|angela|angelica|angelina|anita|ann|anna|"       \
    "anne|annie|anthony|antonia|antonio|arjun|arthur|arturo|ashley|audrey|"    \
    "barbara|beatrice|beatriz|ben|benjamin|beth|betty|beverly|blanca|bob|"     \
    "bradley|brandon|brenda|brian|bruce|bryan|camila|carla|carlos|carmen|"     \
    "carol|caroline|carolyn|carrie|catalina|catherine|cathy|cecilia|celia|"    \
    "cesar|charles|charlotte|chloe|chris|christina|christine|christopher|"     \
    "cindy|clara|claudia|connie|consuelo|cristina|crystal|cynthia|dan|"        \
    "daniel|daniela|danielle|danny|dave|david|deborah|debra|denise|dennis|"    \
    "diana|diane|diego|dolores|don|donald|donna|dorothy|douglas|dylan|"        \
    "eddie|edgar|edith|edna|eduardo|edward|eileen|elaine|eleanor|elena|eli|"   \
    "elias|elijah|elisa|elizabeth|ella|ellen|emilia|emilio|emily|emma|"        \
    "emmanuel|enrique|eric|erica|erik|erin|ernesto|esperanza|esteban|"         \
    "esther|ethan|ethel|eva|evan|evelyn|fatima|fernanda|fernando|florence|"    \
    "frances|francis|francisco|frank|frederick|gabriel|gabriela|gary|"         \
    "george|gerald|gloria|grace|greg|gregory|guadalupe|guillermo|gustavo|"     \
    "hannah|harold|harry|harvey|hazel|hector|heather|helen|henry|howard|"      \
    "ian|ignacio|ines|irene|irma|isaac|isabel|isabella|jack|jacob|"            \
    "jacqueline|jake|james|jamie|jane|janet|janice|jasmine|jason|javier|"      \
    "jeff|jeffrey|jennifer|jenny|jeremy|jesse|jessica|jesus|jim|jimmy|"        \
    "joanna|joanne|joaquin|joe|joel|john|johnny|jonathan|jordan|jorge|jose|"   \
    "josefina|joseph|joshua|joyce|juan|juana|juanita|judith|judy|julia|"       \
    "julian|julie|julio|justin|karen|karla|kate|katherine|kathleen|kathryn|"   \
    "kathy|katie|kayla|keith|kelly|ken|kenneth|kevin|kim|kimberly|kristen|"    \
    "kyle|laura|lauren|lawrence|leah|lena|leo|leon|leonardo|leslie|liam|"      \
    "lillian|lily|linda|lisa|logan|lorenzo|lori|louis|lourdes|lucas|lucia|"    \
    "lucy|luis|luisa|luke|luz|lydia|lynn|magdalena|malik|manuel|manuela|"      \
    "marco|marcos|marcus|margaret|margarita|maria|maribel|marie|marilyn|"      \
    "mario|marisol|mark|marta|martha|martin|martina|mary|mateo|matt|"          \
    "matthew|max|megan|melanie|melissa|mercedes|mia|michael|michele|"          \
    "michelle|miguel|mike|mildred|miriam|mohammed|molly|monica|muhammad|"      \
    "nancy|naomi|natalia|natalie|nathan|nathaniel|nicholas|nicolas|nicole|"    \
    "noah|nora|norma|octavio|olga|oliver|olivia|omar|oscar|owen|pablo|"        \
    "paloma|pamela|patricia|patricio|patrick|paul|paula|pedro|peter|philip|"   \
    "pilar|priya|rachel|rafael|raj|ralph|ramon|ramona|raul|raymond|rebecca|"   \
    "regina|ricardo|richard|rita|robert|roberto|rocio|rodrigo|roger|ronald|"   \
    "rosa|rosalind|rosario|rose|rosemary|ruben|ruth|ryan|sabrina|sally|"       \
    "salvador|sam|samantha|samuel|sandra|santiago|sara|sarah|scott|sean|"      \
    "sebastian|sergio|sharon|shawn|sheila|shirley|simon|sofia|sonia|sophia|"   \
    "sophie|stella|stephanie|stephen|steve|steven|susan|susana|sylvia|"        \
    "teresa|theodore|theresa|thomas|tiffany|tim|timothy|tina|tobias|toby|"     \
    "tom|tomas|tommy|tony|travis|valentina|valeria|valerie|vanessa|vera|"      \
    "veronica|vicente|victor|vincent|violet|vivian|walter|wendy|william|"      \
    "xavier|ximena|yolanda|yvonne|zachary|zoe"

/* Words that follow a title, a role or a given name and are no surname. */
#define CH_NO_SURNAMES                                                         \
    "|about|academy|acceptance|access|admission|advocate|advocates|after|"     \
    "again|all|also|always|an|and|anniversary|any|appreciation|april|are|"     \
    "as|asap|ask|assistant|association|at|august|autonomy|avenue|award|"       \
    "awareness|ayuda|back|beach|bear|because|best|birthday|blvd|book|"         \
    "boulevard|boy|building|but|by|calendars|call|came|can|cancer|care|"       \
    "case|cell|center|centre|chart|check|church|city|clinic|clinica|club|"     \
    "college|come|community|company|complains|con|cotton|council|county|"      \
    "court|cross|dance|data|date|day|day's|days|de|december|del|denies|"       \
    "dental|dentistry|deserves|did|disease|do|dob|doctor|doctors|does|"        \
    "drive|during|ed|education|el|en|engagement|entertainment|er|es|every|"    \
    "everyone|experience|fall|family|father's|february|feedback|feliz|"        \
    "files|first|five|for|forms|foundation|four|free|friday|friendly|from|"    \
    "fund|get|girl|give|go|good|got|gracias|gratis|great|group|guide|had|"     \
    "hall|happy|has|have|he|health|healthcare|help|her|here|hi|high|his|"      \
    "home|hospital|hours|how|hoy|i|i'm|icu|id|identifier|if|in|info|"          \
    "information|institute|intake|into|is|island|it|january|join|journey|"     \
    "july|june|just|know|la|lake|las|last|law|learn|leave|let|like|line|"      \
    "lives|los|made|make|march|may|mcdonald|me|meals|medical|medicine|meet|"   \
    "memorial|mi|monday|month|morning|mother's|mountain|mrn|my|name|"          \
    "national|needs|never|new|news|night|no|north|not|november|now|number|"    \
    "nurse|nurses|october|of|off|office|on|one|only|or|ot|our|out|outcomes|"   \
    "over|palsy|para|park|parkway|pediatrics|people|period|physician|place|"   \
    "please|por|portal|practice|practitioner|presented|pressure|privacy|"      \
    "program|que|questions|read|records|referral|reported|resources|review|"   \
    "reviews|rights|river|road|room|safety|said|salud|satisfaction|"           \
    "saturday|saw|says|school|se|see|sent|september|services|she|should|"      \
    "shout|sin|so|society|some|south|springs|start|state|still|stories|"       \
    "story|street|su|sunday|support|surgery|survey|syndrome|take|team|tell|"   \
    "thank|thanks|that|the|their|then|there|these|they|things|this|three|"     \
    "thursday|tips|to|today|tomorrow|town|transport|trust|tuesday|two|un|"     \
    "una|under|united|university|until|up|us|use|visit|visits|volunteer|"      \
    "wants|was|way|we|wednesday|week|welcome|went|were|west|what|when|"        \
    "where|who|why|will|winter|with|without|women|world|would|y|year|years|"   \
    "yes|you|your|"

#endif
