/** Of what Amperity answers, and of a question. */
export const INDEX = {
  id: 'idx-loyalty',
  name: 'Loyalty Members',
  description: 'All members of the loyalty programme',
  created_at: '2025-04-25T20:30:00Z',
  updated_at: '2025-07-26T20:30:00Z',
};

export const PROFILE = {
  id: 'm-00001',
  index_id: 'idx-loyalty',
  attributes: { first_name: 'Daniel', last_name: 'Kulhman' },
};

export const INDEX_PAGE = { data: [INDEX] };

export const PROFILE_PAGE = { total: 31, next_token: 'ABCd1fghIJk2l3M', data: [PROFILE] };

export const QUESTION_OF_DANIELS = { filter: { first_name: 'Daniel' }, limit: 10 };

export const CSV = 'id,index_id,first_name,last_name\r\nm-00001,idx-loyalty,Daniel,Kulhman\r\n';

export const NDJSON = `${JSON.stringify(PROFILE)}\n`;
